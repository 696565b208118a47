using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Two-dimensional convolution, <c>C×H×W → K×H'×W'</c>:
/// <c>y[n,k,i,j] = b[k] + Σ_c Σ_r Σ_s w[k,c,r,s] · x[n,c, i·stride − top + r·dilation, j·stride − left + s·dilation]</c>.
/// Backward, with δ = ∂loss/∂y: ∂x is the zero-padded δ convolved with the filter rotated by 180°, ∂w the convolution of x with δ.
/// </summary>
public abstract class ConvolutionLayer : FilterLayer, IFoldsScale
{
    private protected ConvolutionLayer(Size2 filter, ConvOptions options)
        : base(filter, options)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "conv";

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.InputImage();
        ConvShape shape = Geometry(1, plan.Input());
        int area = shape.R * shape.S;
        int fanIn = shape.C / shape.Groups * area, fanOut = shape.K / shape.Groups * area;
        MakeParameters(plan, new Shape(shape.K, shape.C / shape.Groups, shape.R, shape.S), shape.K, fanIn, fanOut);
        return new Shape(shape.K, shape.OutputHeight, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        ConvShape shape = Geometry(step.Images, step.InputShape());
        ReadOnlySpan<float> weight = Weight!.Value.Span, bias = Bias is null ? default : Bias.Value.Span;
        if (step.Layout == BatchLayout.Chwn) ChwnConvolution.Forward(shape, step.Input(), weight, bias, step.Activation, step.Output);
        else Convolution.Forward(shape, step.Input(), weight, bias, step.Activation, step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        ConvShape shape = Geometry(step.Images, step.InputShape());
        ReadOnlySpan<float> weight = Weight!.Value.Span;
        Span<float> weightGradient = step.Gradient(Weight), biasGradient = Bias is null ? default : step.Gradient(Bias);
        if (step.Layout == BatchLayout.Chwn)
        {
            ChwnConvolution.BackwardFilter(shape, step.Input(), step.OutputGradient, weightGradient, biasGradient);
            if (step.WantsInputGradient()) ChwnConvolution.BackwardInput(shape, step.OutputGradient, weight, step.InputGradient());
            return;
        }
        Convolution.BackwardFilter(shape, step.Input(), step.OutputGradient, weightGradient, biasGradient);
        if (step.WantsInputGradient()) Convolution.BackwardInput(shape, step.OutputGradient, weight, step.InputGradient());
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => Geometry(1, input).MultiplyAdds;

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Filter, Options.Stride, Geometry(1, input).Padding, Options.Dilation);

    Layer IFoldsScale.Fold(string name, ReadOnlySpan<double> scale, ReadOnlySpan<double> shift)
    {
        ConvolutionLayer folded = WithBias(name);
        folded.SetParameter("weight", FoldedWeights.Weight(Weight!, scale));
        folded.SetParameter("bias", FoldedWeights.Bias(Bias, scale, shift));
        return folded;
    }

    /// <summary>A new layer of the same options, with biases.</summary>
    private protected abstract ConvolutionLayer WithBias(string name);

    private protected abstract ConvShape Geometry(int images, Shape input);
}

/// <summary>Two-dimensional convolution with some filters, each over all channels of its group, <c>C×H×W → K×H'×W'</c>.</summary>
/// <param name="filters">K, the output channels.</param>
/// <param name="filter">R×S, the filter's size.</param>
/// <param name="stride">Rows and columns from one position to the next; 1 if left out.</param>
/// <param name="padding">Zeros around the image; none if left out.</param>
/// <param name="dilation">Rows and columns from one tap to the next; 1 if left out.</param>
/// <param name="groups">Into how many groups the channels are cut.</param>
public sealed class Conv2d(int filters, Size2 filter, Size2? stride = null, Padding padding = default, Size2? dilation = null, int groups = 1)
    : ConvolutionLayer(filter, new ConvOptions { Stride = stride ?? 1, Padding = padding, Dilation = dilation ?? 1, Groups = groups })
{
    /// <summary>K, the output channels.</summary>
    public int Filters { get; } = filters;

    /// <inheritdoc/>
    public override string ToString() => Describe($"Conv2d({Filters}, {Filter}");

    private protected override ConvolutionLayer WithBias(string name) =>
        new Conv2d(Filters, Filter, Options.Stride, Options.Padding, Options.Dilation, Options.Groups) { Name = name };

    private protected override ConvShape Geometry(int images, Shape input) => new(images, input[0], (input[1], input[2]), Filters, Filter, Options);
}

/// <summary>
/// Depthwise convolution: each channel is convolved alone, as if there were as many groups as channels, <c>C×H×W → C·multiplier×H'×W'</c>.
/// With 1×1 filters behind it, it is a depthwise separable convolution (<see cref="SeparableConv2d.Depthwise"/>).
/// </summary>
/// <param name="filter">R×S, the filter's size.</param>
/// <param name="stride">Rows and columns from one position to the next; 1 if left out.</param>
/// <param name="padding">Zeros around the image; none if left out.</param>
/// <param name="dilation">Rows and columns from one tap to the next; 1 if left out.</param>
/// <param name="multiplier">How many filters each channel has.</param>
public sealed class DepthwiseConv2d(Size2 filter, Size2? stride = null, Padding padding = default, Size2? dilation = null, int multiplier = 1)
    : ConvolutionLayer(filter, new ConvOptions { Stride = stride ?? 1, Padding = padding, Dilation = dilation ?? 1 })
{
    private ConvOptions? _planned; // with the number of groups: a step allocates nothing

    /// <summary>How many filters each channel has.</summary>
    public int Multiplier { get; } = multiplier;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        if (Multiplier < 1) throw new ArgumentException($"the multiplier is {Multiplier}; it must be at least 1");
        Shape output = base.Plan(plan);
        _planned = OptionsFor(plan.Input()[0]);
        return output;
    }

    /// <inheritdoc/>
    public override string ToString() => Describe($"DepthwiseConv2d({Filter}{(Multiplier == 1 ? "" : $", multiplier {Multiplier}")}");

    private protected override ConvolutionLayer WithBias(string name) =>
        new DepthwiseConv2d(Filter, Options.Stride, Options.Padding, Options.Dilation, Multiplier) { Name = name };

    private protected override ConvShape Geometry(int images, Shape input) =>
        new(images, input[0], (input[1], input[2]), input[0] * Multiplier, Filter, OptionsFor(input[0]));

    private ConvOptions OptionsFor(int channels) => _planned?.Groups == channels ? _planned : Options with { Groups = channels };
}
