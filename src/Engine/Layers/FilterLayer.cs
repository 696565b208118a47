using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>What convolutions that learn have in common: a filter's size and how it moves, weights and biases.</summary>
public abstract class FilterLayer : Layer, IFusesActivation
{
    private protected FilterLayer(Size2 filter, ConvOptions options) => (Filter, Options) = (filter, options);

    /// <summary>R×S, the filter's size.</summary>
    public Size2 Filter { get; }

    /// <summary>How the filter moves; of a depthwise convolution, all but the groups, which are the input's channels.</summary>
    public ConvOptions Options { get; }

    /// <summary>Whether a bias is added; true if left out.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>How the weights begin; <see cref="Initializer.Kaiming"/> if left out.</summary>
    public Initializer Initializer { get; init; } = Initializer.Kaiming;

    /// <summary>
    /// The filters, K×(C/g)×R×S; C×(K/g)×R×S of a transposed convolution; of a table's, connections×R×S: those of the first output channel
    /// first, each in the order of its inputs.
    /// </summary>
    public Parameter? Weight { get; private set; }

    /// <summary>The biases, K.</summary>
    public Parameter? Bias { get; private set; }

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    private protected void MakeParameters(LayerPlan plan, Shape weight, int outputs, int fanIn, int fanOut)
    {
        Weight = GetParameter(plan, "weight", weight, Initializer, fanIn, fanOut);
        if (HasBias) Bias = GetParameter(plan, "bias", new Shape(outputs), Initializer.Zeros, fanIn, fanOut);
    }

    /// <summary>The layer with its first options, then all others that are not the usual.</summary>
    private protected string Describe(string start, string furtherPadding = "")
    {
        string text = start;
        if (Options.Stride != 1) text += $", stride {Options.Stride}";
        if (Options.Padding != Padding.Valid) text += $", padding {Options.Padding}";
        text += furtherPadding;
        if (Options.Dilation != 1) text += $", dilation {Options.Dilation}";
        if (Options.Groups != 1) text += $", groups {Options.Groups}";
        return text + (HasBias ? ")" : ", no bias)");
    }
}
