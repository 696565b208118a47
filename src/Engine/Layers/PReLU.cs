using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// <c>y = x</c> where x is positive, <c>a·x</c> elsewhere, with a slope a that is learnt: one for all, or one for each channel or feature.
/// Backward: <c>∂x = ∂y</c> or <c>a·∂y</c>, <c>∂a = Σ ∂y·min(x, 0)</c>.
/// </summary>
/// <remarks>
/// K. He et al., "Delving Deep into Rectifiers", 2015, who do not let a decay, which would pull it towards ReLU: <see cref="Parameter.Decays"/> is false at first.
/// </remarks>
public sealed class PReLU : Layer
{
    /// <summary>Whether each channel has a slope of its own; false if left out.</summary>
    public bool PerChannel { get; init; }

    /// <summary>Where the slopes begin; 0.25 if left out.</summary>
    public float FirstSlope { get; init; } = 0.25f;

    /// <summary>The slopes: 1, or C.</summary>
    public Parameter? Weight { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "prelu";

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Parameter weight = GetParameter(plan, "weight", new Shape(PerChannel ? plan.Input()[0] : 1), Initializer.Constant(FirstSlope), 1, 1);
        if (weight != Weight) weight.Decays = false;
        Weight = weight;
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => ParametricRelu.Forward(RowLength(step), Weight!.Value.Span, step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step) => ParametricRelu.Backward(
        RowLength(step), Weight!.Value.Span, step.Input(), step.OutputGradient, step.InputGradient(), step.Gradient(Weight));

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, output.Length);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = PerChannel ? "per channel" : "";
        if (FirstSlope != 0.25f) text += $"{(PerChannel ? ", " : "")}from {FirstSlope}";
        return text.Length == 0 ? "PReLU" : $"PReLU({text})";
    }

    // One slope for all leaves open how the numbers are cut into rows.
    private int RowLength(in Step step) => (PerChannel ? step.OutputShape.Length / step.OutputShape[0] : step.OutputShape.Length)
        * (PerChannel && step.Layout == BatchLayout.Chwn ? step.Images : 1);
}
