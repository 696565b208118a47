using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Transposed convolution, <c>C×H×W → K×H'×W'</c>: a convolution's backward pass used as a forward one, as decoders do to enlarge images.
/// Each pixel puts a filter, times its value, into the output:
/// <c>y[n,k, i·stride − top + r·dilation, j·stride − left + s·dilation] += w[c,k,r,s] · x[n,c,i,j]</c>, to which b[k] is added.
/// </summary>
/// <remarks>
/// <para>
/// <c>H' = (H − 1)·stride − top − bottom + dilation·(R − 1) + output padding + 1</c>; with <see cref="Padding.Same"/>, <c>H' = H·stride</c>. The
/// convolution it transposes takes K×H'×W' to C×H×W: ∂x is its forward pass on δ, and ∂w its filter gradient, x and δ exchanged.
/// </para>
/// <para>V. Dumoulin, F. Visin, "A Guide to Convolution Arithmetic for Deep Learning", 2016.</para>
/// </remarks>
public sealed class ConvTranspose2d : FilterLayer
{
    /// <summary>Describes a transposed convolution; its input channels follow from the network.</summary>
    /// <param name="filters">K, the output channels.</param>
    /// <param name="filter">R×S, the filter's size.</param>
    /// <param name="stride">Rows and columns of the output from one input pixel's filter to the next one's; 1 if left out.</param>
    /// <param name="padding">Rows and columns cut off the output: the zeros around the convolution's image. None if left out.</param>
    /// <param name="outputPadding">Rows at the bottom and columns at the right that the output has besides; less than the stride.</param>
    /// <param name="dilation">Rows and columns from one tap to the next; 1 if left out.</param>
    /// <param name="groups">Into how many groups the channels are cut.</param>
    public ConvTranspose2d(
        int filters, Size2 filter, Size2? stride = null, Padding padding = default, Size2 outputPadding = default, Size2? dilation = null, int groups = 1)
        : base(filter, new ConvOptions { Stride = stride ?? 1, Padding = padding, Dilation = dilation ?? 1, Groups = groups }) =>
        (Filters, OutputPadding) = (filters, outputPadding);

    /// <summary>K, the output channels.</summary>
    public int Filters { get; }

    /// <summary>Rows at the bottom and columns at the right that the output has besides.</summary>
    public Size2 OutputPadding { get; }

    /// <inheritdoc/>
    public override string Kind => "convt";

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, _, _) = plan.InputImage();
        CheckOptions(channels);
        ConvShape shape = Transposed(1, plan.Input());
        int area = shape.R * shape.S, fanOut = Filters / shape.Groups * area;
        // Filters a stride apart overlap less: that many inputs meet in one output.
        int fanIn = Math.Max(1, channels / shape.Groups * area / (shape.Stride.Height * shape.Stride.Width));
        MakeParameters(plan, new Shape(channels, Filters / shape.Groups, shape.R, shape.S), Filters, fanIn, fanOut);
        return new Shape(Filters, shape.H, shape.W);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        ConvShape shape = Transposed(step.Images, step.InputShape());
        ReadOnlySpan<float> weight = Weight!.Value.Span, bias = Bias is null ? default : Bias.Value.Span;
        if (step.Layout == BatchLayout.Chwn) ChwnConvolution.BackwardInput(shape, step.Input(), weight, step.Output);
        else Convolution.BackwardInput(shape, step.Input(), weight, step.Output);
        PlaneBias.Forward(PlaneLength(step), bias, step.Activation, step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        ConvShape shape = Transposed(step.Images, step.InputShape());
        ReadOnlySpan<float> weight = Weight!.Value.Span;
        Span<float> weightGradient = step.Gradient(Weight);
        if (Bias is not null) PlaneBias.Backward(PlaneLength(step), step.OutputGradient, step.Gradient(Bias));
        if (step.Layout == BatchLayout.Chwn)
        {
            ChwnConvolution.BackwardFilter(shape, step.OutputGradient, step.Input(), weightGradient, default);
            if (step.WantsInputGradient()) ChwnConvolution.Forward(shape, step.OutputGradient, weight, default, Activation.Identity, step.InputGradient());
            return;
        }
        Convolution.BackwardFilter(shape, step.OutputGradient, step.Input(), weightGradient, default);
        if (step.WantsInputGradient()) Convolution.Forward(shape, step.OutputGradient, weight, default, Activation.Identity, step.InputGradient());
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => Transposed(1, input).MultiplyAdds;

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output)
    {
        ConvShape shape = Transposed(1, input);
        return new Footprint(
            Axis(shape.R, shape.Stride.Height, shape.Dilation.Height, shape.Padding.Top),
            Axis(shape.S, shape.Stride.Width, shape.Dilation.Width, shape.Padding.Left));

        // The filter slides, turned round, over the input spread out by the stride.
        static AxisFootprint Axis(int taps, int stride, int dilation, int padding) => new(taps, 1, dilation, (dilation * (taps - 1)) - padding, stride);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Describe($"ConvTranspose2d({Filters}, {Filter}", OutputPadding == default ? "" : $", output padding {OutputPadding}");

    private static int PlaneLength(in Step step) =>
        step.OutputShape[1] * step.OutputShape[2] * (step.Layout == BatchLayout.Chwn ? step.Images : 1);

    private void CheckOptions(int channels)
    {
        if (Filters < 1) throw new ArgumentException($"the number of output channels is {Filters}; it must be at least 1");
        Filter.ThrowUnlessPositive("the filter size");
        Options.Stride.ThrowUnlessPositive("stride");
        Options.Dilation.ThrowUnlessPositive("dilation");
        int groups = Options.Groups;
        if (groups < 1) throw new ArgumentException($"groups is {groups}; it must be at least 1");
        if (channels % groups != 0) throw new ArgumentException($"input has {channels} channels, groups is {groups}; channels must divide by groups");
        if (Filters % groups != 0) throw new ArgumentException($"output has {Filters} channels, groups is {groups}; channels must divide by groups");
        Size2 stride = Options.Stride;
        if (OutputPadding.Height < 0 || OutputPadding.Width < 0 || OutputPadding.Height >= stride.Height || OutputPadding.Width >= stride.Width)
            throw new ArgumentException($"output padding is {OutputPadding}, stride {stride}; output padding must be at least 0 and less than the stride");
        if (Options.Padding.IsSame && OutputPadding != default)
            throw new ArgumentException($"output padding is {OutputPadding}, padding same, which settles the output's size; leave one of them out");
    }

    /// <summary>The convolution K×H'×W' → C×H×W that this layer transposes.</summary>
    private ConvShape Transposed(int images, Shape input)
    {
        Padding padding = Options.Padding;
        int height = OutputSize("rows", input[1], Options.Stride.Height, padding.Top + padding.Bottom, Filter.Height, Options.Dilation.Height, OutputPadding.Height);
        int width = OutputSize("columns", input[2], Options.Stride.Width, padding.Left + padding.Right, Filter.Width, Options.Dilation.Width, OutputPadding.Width);
        return new ConvShape(images, Filters, (height, width), input[0], Filter, Options);
    }

    private int OutputSize(string axis, int size, int stride, int padding, int taps, int dilation, int outputPadding)
    {
        if (Options.Padding.IsSame) return checked(size * stride);
        int output = checked(((size - 1) * stride) - padding + (dilation * (taps - 1)) + outputPadding + 1);
        if (output < 1) throw new ArgumentException($"the output would have {output} {axis}: padding of {padding} cuts all of them off");
        return output;
    }
}
