using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// One filter that is not learnt, applied to each channel alone, <c>C×H×W → C×H'×W'</c>: edge detection, blurs
/// (<see cref="ImageFilter"/>). Backward: ∂x as of a convolution; there is nothing else to learn.
/// </summary>
public sealed class FixedFilter2d : Layer, IFusesActivation
{
    /// <summary>Applies a filter.</summary>
    /// <param name="filter">Its weights.</param>
    /// <param name="stride">Rows and columns from one position to the next; 1 if left out.</param>
    /// <param name="padding">Zeros around the image; as many as keep the size if left out.</param>
    public FixedFilter2d(ImageFilter filter, Size2? stride = null, Padding? padding = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filter = filter;
        Options = new ConvOptions { Stride = stride ?? 1, Padding = padding ?? Padding.Same };
    }

    /// <summary>The filter.</summary>
    public ImageFilter Filter { get; }

    /// <summary>How the filter moves.</summary>
    public ConvOptions Options { get; }

    /// <inheritdoc/>
    public override string Kind => "filter";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, _, _) = plan.InputImage();
        ConvShape plane = Planes(1, plan.Input());
        return new Shape(channels, plane.OutputHeight, plane.OutputWidth);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        int channels = step.InputShape()[0];
        if (step.Layout == BatchLayout.Nchw)
        {
            Convolution.Forward(Planes(step.Images * channels, step.InputShape()), step.Input(), Filter.Weights, default, step.Activation, step.Output);
            return;
        }
        ConvShape plane = Planes(1, step.InputShape());
        int from = step.Input().Length / channels, to = step.Output.Length / channels;
        for (int c = 0; c < channels; c++)
            ChwnConvolution.Forward(plane, step.Input().Slice(c * from, from), Filter.Weights, default, step.Activation, step.Output.Slice(c * to, to));
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        int channels = step.InputShape()[0];
        if (step.Layout == BatchLayout.Nchw)
        {
            Convolution.BackwardInput(Planes(step.Images * channels, step.InputShape()), step.OutputGradient, Filter.Weights, step.InputGradient());
            return;
        }
        ConvShape plane = Planes(1, step.InputShape());
        int from = step.OutputGradient.Length / channels, to = step.InputGradient().Length / channels;
        for (int c = 0; c < channels; c++)
            ChwnConvolution.BackwardInput(plane, step.OutputGradient.Slice(c * from, from), Filter.Weights, step.InputGradient().Slice(c * to, to));
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => Planes(input[0], input).MultiplyAdds;

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Filter.Size, Options.Stride, Planes(1, input).Padding);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = $"FixedFilter2d({Filter}";
        if (Options.Stride != 1) text += $", stride {Options.Stride}";
        if (Options.Padding != Padding.Same) text += $", padding {Options.Padding}";
        return text + ")";
    }

    /// <summary>Each channel is an image of one channel.</summary>
    private ConvShape Planes(int planes, Shape input) => new(planes, 1, (input[1], input[2]), 1, Filter.Size, Options);
}
