using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Scales each channel of an image by a number that the network computes, <c>C×H×W, C → C×H×W</c>: <c>y[c,h,w] = s[c]·x[c,h,w]</c>, the last
/// step of a squeeze-and-excitation block (Hu et al., <i>Squeeze-and-Excitation Networks</i>, 2018). Backward: <c>∂x = s·∂y</c>,
/// <c>∂s[c] = Σ ∂y·x</c> over the channel's pixels. Input 0 is the image, input 1 the scales, C or C×1×1.
/// </summary>
public sealed class ChannelScale : Layer
{
    /// <inheritdoc/>
    public override string Kind => "scale";

    /// <inheritdoc/>
    public override int InputCount => 2;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, _, _) = plan.InputImage();
        Shape scales = plan.Input(1);
        if (scales != new Shape(channels) && scales != new Shape(channels, 1, 1))
            throw new ArgumentException($"the scales are {scales}, the image is {plan.Input()}; they must be {channels} or {channels}×1×1");
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        (int channels, int pixels) = Planes(step);
        if (step.Layout == BatchLayout.Chwn) ChwnChannelScaling.Forward(channels, pixels, step.Input(0), step.Input(1), step.Output);
        else ChannelScaling.Forward(step.Images * channels, pixels, step.Input(0), step.Input(1), step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        (int channels, int pixels) = Planes(step);
        if (step.Layout == BatchLayout.Chwn)
            ChwnChannelScaling.Backward(channels, pixels, step.Input(0), step.Input(1), step.OutputGradient, step.InputGradient(0), step.InputGradient(1));
        else
            ChannelScaling.Backward(step.Images * channels, pixels, step.Input(0), step.Input(1), step.OutputGradient, step.InputGradient(0), step.InputGradient(1));
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => output.Length;

    /// <inheritdoc/>
    public override string ToString() => "ChannelScale";

    private static (int Channels, int Pixels) Planes(in Step step) => (step.OutputShape[0], step.OutputShape[1] * step.OutputShape[2]);
}
