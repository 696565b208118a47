using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>An input times a gate that it opens itself. Its derivative takes the input, so that it neither runs in place nor is joined to the layer before.</summary>
public abstract class GatedActivationLayer : Layer
{
    private protected GatedActivationLayer()
    {
    }

    /// <inheritdoc/>
    public override string Kind => GetType().Name.ToLowerInvariant();

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Input();
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, 5L * output.Length);

    /// <inheritdoc/>
    public override string ToString() => GetType().Name;
}

/// <summary>Swish or SiLU, <c>y = x·σ(x)</c> with the sigmoid σ, of any shape. Backward: <c>∂x = ∂y·σ(x)·(1 + x·(1 − σ(x)))</c>.</summary>
/// <remarks>P. Ramachandran, B. Zoph, Q. Le, "Searching for Activation Functions", 2017.</remarks>
public sealed class Swish : GatedActivationLayer
{
    /// <inheritdoc/>
    public override void Forward(in Step step) => GatedActivations.SwishForward(step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) GatedActivations.SwishBackward(step.Input(), step.OutputGradient, step.InputGradient());
    }
}

/// <summary>
/// Swish with straight lines for the gate, <c>y = x·min(max(x + 3, 0), 6)/6</c>, of any shape. Backward: <c>∂x = ∂y·(x/3 + ½)</c> between
/// −3 and 3, 0 to the left and ∂y to the right.
/// </summary>
/// <remarks>A. Howard et al., "Searching for MobileNetV3", 2019.</remarks>
public sealed class HardSwish : GatedActivationLayer
{
    /// <inheritdoc/>
    public override void Forward(in Step step) => GatedActivations.HardSwishForward(step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) GatedActivations.HardSwishBackward(step.Input(), step.OutputGradient, step.InputGradient());
    }
}
