using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Two-dimensional convolution, <c>C×H×W → K×H'×W'</c>:
/// <c>y[n,k,i,j] = b[k] + Σ_c Σ_r Σ_s w[k,c,r,s] · x[n,c, i·stride − top + r·dilation, j·stride − left + s·dilation]</c>.
/// Backward, with δ = ∂loss/∂y: ∂x is the zero-padded δ convolved with the filter rotated by 180°, ∂w the convolution of x with δ.
/// </summary>
public sealed class Conv2d : Layer, IFusesActivation
{
    private readonly ConvOptions _options;

    /// <summary>Describes a convolution; its input channels follow from the network.</summary>
    /// <param name="filters">K, the output channels.</param>
    /// <param name="filter">R×S, the filter's size.</param>
    /// <param name="stride">Rows and columns from one position to the next; 1 if left out.</param>
    /// <param name="padding">Zeros around the image; none if left out.</param>
    /// <param name="dilation">Rows and columns from one tap to the next; 1 if left out.</param>
    /// <param name="groups">Into how many groups the channels are cut.</param>
    public Conv2d(int filters, Size2 filter, Size2? stride = null, Padding padding = default, Size2? dilation = null, int groups = 1)
    {
        (Filters, Filter) = (filters, filter);
        _options = new ConvOptions { Stride = stride ?? 1, Padding = padding, Dilation = dilation ?? 1, Groups = groups };
    }

    /// <summary>K, the output channels.</summary>
    public int Filters { get; }

    /// <summary>R×S, the filter's size.</summary>
    public Size2 Filter { get; }

    /// <summary>Whether a bias is added; true if left out.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>How the weights begin; <see cref="Initializer.Kaiming"/> if left out.</summary>
    public Initializer Initializer { get; init; } = Initializer.Kaiming;

    /// <summary>The filters, K×(C/g)×R×S.</summary>
    public Parameter? Weight { get; private set; }

    /// <summary>The biases, K.</summary>
    public Parameter? Bias { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "conv";

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, int height, int width) = plan.InputImage();
        ConvShape shape = new(1, channels, (height, width), Filters, Filter, _options);
        int area = shape.R * shape.S;
        int fanIn = channels / shape.Groups * area, fanOut = Filters / shape.Groups * area;
        Weight = GetParameter(plan, "weight", new Shape(Filters, channels / shape.Groups, shape.R, shape.S), Initializer, fanIn, fanOut);
        if (HasBias) Bias = GetParameter(plan, "bias", new Shape(Filters), Initializer.Zeros, fanIn, fanOut);
        return new Shape(Filters, shape.OutputHeight, shape.OutputWidth);
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
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Filter, _options.Stride, Geometry(1, input).Padding, _options.Dilation);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = $"Conv2d({Filters}, {Filter}";
        if (_options.Stride != 1) text += $", stride {_options.Stride}";
        if (_options.Padding != Padding.Valid) text += $", padding {_options.Padding}";
        if (_options.Dilation != 1) text += $", dilation {_options.Dilation}";
        if (_options.Groups != 1) text += $", groups {_options.Groups}";
        return text + (HasBias ? ")" : ", no bias)");
    }

    private ConvShape Geometry(int images, Shape input) => new(images, input[0], (input[1], input[2]), Filters, Filter, _options);
}
