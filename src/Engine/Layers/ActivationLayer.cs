using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// A function of each number alone, <c>y = σ(x)</c>, of any shape. Backward: <c>∂x = ∂y ⊙ σ'(x)</c>, worked out from y. Behind a
/// convolution or a fully connected layer the function is applied as that layer writes its output.
/// </summary>
public abstract class ActivationLayer : Layer
{
    private protected ActivationLayer(Activation function) => Function = function;

    /// <summary>σ.</summary>
    public Activation Function { get; }

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;

    /// <inheritdoc/>
    public override bool BackwardReadsOutput => true;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => Activations.Forward(Function, step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) Activations.Backward(Function, step.Output, step.OutputGradient, step.InputGradient());
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, (Function.IsLinearByParts ? 1L : 4L) * output.Length);

    /// <inheritdoc/>
    public override string ToString() => GetType().Name;
}

/// <summary><c>y = max(x, 0)</c>.</summary>
public sealed class ReLU() : ActivationLayer(Activation.Relu)
{
    /// <inheritdoc/>
    public override string Kind => "relu";
}

/// <summary><c>y = x</c> where x is positive, <c>slope·x</c> elsewhere.</summary>
/// <param name="slope">0 or more.</param>
/// <exception cref="ArgumentException">The slope is negative or not finite.</exception>
public sealed class LeakyReLU(float slope = 0.01f) : ActivationLayer(Activation.LeakyRelu(slope))
{
    /// <inheritdoc/>
    public override string Kind => "leakyrelu";

    /// <inheritdoc/>
    public override string ToString() => $"LeakyReLU({Function.Slope})";
}

/// <summary><c>y = 1 / (1 + e⁻ˣ)</c>; <c>σ' = y·(1 − y)</c>.</summary>
public sealed class Sigmoid() : ActivationLayer(Activation.Sigmoid)
{
    /// <inheritdoc/>
    public override string Kind => "sigmoid";
}

/// <summary><c>y = tanh x</c>; <c>σ' = 1 − y²</c>.</summary>
public sealed class Tanh() : ActivationLayer(Activation.Tanh)
{
    /// <inheritdoc/>
    public override string Kind => "tanh";
}

/// <summary><c>y = x</c> where x is positive, <c>α·(eˣ − 1)</c> elsewhere; <c>σ' = y + α</c> there.</summary>
/// <param name="alpha">α, 0 or more.</param>
/// <exception cref="ArgumentException">α is negative or not finite.</exception>
public sealed class ELU(float alpha = 1) : ActivationLayer(Activation.Elu(alpha))
{
    /// <inheritdoc/>
    public override string Kind => "elu";

    /// <inheritdoc/>
    public override string ToString() => $"ELU({Function.Slope})";
}

/// <summary>
/// LeNet-5's function of 1998, <c>y = A·tanh(Bx)</c> with A = 1.7159 and B = 2/3; <c>σ' = B/A·(A² − y²)</c>.
/// </summary>
public sealed class ScaledTanh() : ActivationLayer(Activation.ScaledTanh)
{
    /// <inheritdoc/>
    public override string Kind => "scaledtanh";
}
