namespace CnnEngine.Layers;

/// <summary>Sees an image as one row of features: <c>C×H×W → C·H·W</c>. The numbers stay where they are.</summary>
public sealed class Flatten : Layer
{
    /// <inheritdoc/>
    public override string Kind => "flatten";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    internal override bool OnlyReshapes => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new Shape(plan.Input().Length);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        if (step.Input() != step.Output) step.Input().CopyTo(step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient() && step.OutputGradient != step.InputGradient()) step.OutputGradient.CopyTo(step.InputGradient());
    }

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Point;

    /// <inheritdoc/>
    public override string ToString() => "Flatten";
}
