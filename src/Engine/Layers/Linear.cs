using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// The fully connected layer, <c>I → O</c>: <c>y = x·Wᵀ + b</c> on a minibatch, one matrix product. Backward: <c>∂x = δ·W</c>,
/// <c>∂W = δᵀ·x</c>, <c>∂b = Σ δ</c>.
/// </summary>
/// <param name="outputs">O.</param>
public sealed class Linear(int outputs) : Layer, IFusesActivation, IFoldsScale
{
    /// <summary>O, the features of the output.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>Whether a bias is added; true if left out.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>How the weights begin; <see cref="Initializer.Kaiming"/> if left out.</summary>
    public Initializer Initializer { get; init; } = Initializer.Kaiming;

    /// <summary>The weights, O×I.</summary>
    public Parameter? Weight { get; private set; }

    /// <summary>The biases, O.</summary>
    public Parameter? Bias { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "fc";

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (Outputs < 1) throw new ArgumentException($"the number of outputs is {Outputs}; it must be at least 1");
        if (plan.Input().Rank != 1) throw new ArgumentException($"input is {plan.Input()}; it must be one row of features: put a Flatten before it");
        int inputs = plan.Input().Length;
        Weight = GetParameter(plan, "weight", new Shape(Outputs, inputs), Initializer, inputs, Outputs);
        if (HasBias) Bias = GetParameter(plan, "bias", new Shape(Outputs), Initializer.Zeros, inputs, Outputs);
        return new Shape(Outputs);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        int inputs = step.InputShape().Length;
        ReadOnlySpan<float> weight = Weight!.Value.Span, bias = Bias is null ? default : Bias.Value.Span;
        if (step.Layout == BatchLayout.Chwn) ChwnFullyConnected.Forward(inputs, Outputs, step.Input(), weight, bias, step.Activation, step.Output);
        else FullyConnected.Forward(step.Images, inputs, Outputs, step.Input(), weight, bias, step.Activation, step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        int inputs = step.InputShape().Length;
        ReadOnlySpan<float> weight = Weight!.Value.Span;
        Span<float> weightGradient = step.Gradient(Weight), biasGradient = Bias is null ? default : step.Gradient(Bias);
        if (step.Layout == BatchLayout.Chwn)
        {
            ChwnFullyConnected.BackwardWeights(inputs, Outputs, step.Input(), step.OutputGradient, weightGradient, biasGradient);
            if (step.WantsInputGradient()) ChwnFullyConnected.BackwardInput(inputs, Outputs, step.OutputGradient, weight, step.InputGradient());
            return;
        }
        FullyConnected.BackwardWeights(step.Images, inputs, Outputs, step.Input(), step.OutputGradient, weightGradient, biasGradient);
        if (step.WantsInputGradient()) FullyConnected.BackwardInput(step.Images, inputs, Outputs, step.OutputGradient, weight, step.InputGradient());
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => (long)input.Length * Outputs;

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Global;

    Layer IFoldsScale.Fold(string name, ReadOnlySpan<double> scale, ReadOnlySpan<double> shift)
    {
        Linear folded = new(Outputs) { Name = name };
        folded.SetParameter("weight", FoldedWeights.Weight(Weight!, scale));
        folded.SetParameter("bias", FoldedWeights.Bias(Bias, scale, shift));
        return folded;
    }

    /// <inheritdoc/>
    public override string ToString() => $"Linear({Outputs}{(HasBias ? "" : ", no bias")})";
}
