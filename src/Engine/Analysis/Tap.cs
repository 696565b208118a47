using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// Stands behind a layer and looks at what goes through: at the layer's output on the way forward, at ∂loss/∂output on the way back. Changes
/// nothing, and lies in the same memory. A batch runs through a network with taps as one part, so that what they add up is added in one order.
/// </summary>
/// <param name="forward">Told the output of all images of a batch, one after another.</param>
/// <param name="backward">Told the derivatives, likewise.</param>
internal sealed class Tap(Tap.Look forward, Tap.Look backward) : Layer
{
    /// <summary>Looks at numbers of some images.</summary>
    public delegate void Look(ReadOnlySpan<float> numbers, int images);

    public override string Kind => "tap";

    public override bool CanRunInPlace => true;

    public override bool BackwardReadsInput => false;

    public override bool TreatsImagesAlone => false;

    internal override bool OnlyReshapes => true;

    public override Shape Plan(LayerPlan plan) => plan.Input();

    public override void Forward(in Step step)
    {
        if (step.Input() != step.Output) step.Input().CopyTo(step.Output);
        forward(step.Output, step.Images);
    }

    public override void Backward(in Step step)
    {
        backward(step.OutputGradient, step.Images);
        if (step.WantsInputGradient() && step.OutputGradient != step.InputGradient()) step.OutputGradient.CopyTo(step.InputGradient());
    }

    public override string ToString() => "Tap";
}
