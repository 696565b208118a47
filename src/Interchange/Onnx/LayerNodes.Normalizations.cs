using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Interchange.Onnx;

/// <summary>Normalisations at inference.</summary>
internal sealed partial class LayerNodes
{
    private void OverBatch(BatchNorm2d layer)
    {
        ReadOnlySpan<Parameter> parameters = [layer.Weight!, layer.Bias!, layer.RunningMean!, layer.RunningVariance!];
        List<string> from = [X];
        foreach (Parameter parameter in parameters) from.Add(graph.Parameter(place.Name, parameter));
        Add("BatchNormalization", null, [.. from], OnnxGraph.Attribute("epsilon", layer.Epsilon));
    }

    /// <summary>
    /// Groups as channels of instance normalisation, which has a factor and a bias for each of them, left at 1 and 0 here; the layer's own
    /// follow, number by number or channel by channel.
    /// </summary>
    private void OverGroups(GroupNormalizationLayer layer)
    {
        int groups = layer is GroupNorm { Groups: var number } ? number : Input.Length / layer.Weight!.Shape.Length;
        float[] ones = new float[groups];
        Array.Fill(ones, 1);
        string cut = Add("Reshape", "groups", [X, Integers("groups_shape", 0, groups, -1)]);
        string normalized = Add(
            "InstanceNormalization", "normalized", [cut, Floats("ones", ones, groups), Floats("zeros", new float[groups], groups)], OnnxGraph.Attribute("epsilon", layer.Epsilon));
        string joined = Add("Reshape", "joined", [normalized, Integers("shape", [0, .. Input.ToArray()])]);
        string scaled = Add("Mul", "scaled", [joined, Of(layer.Weight!)]);
        Add("Add", null, [scaled, Of(layer.Bias!)]);

        string Of(Parameter parameter) => layer is GroupNorm ? PerChannel(parameter) : graph.Parameter(place.Name, parameter);
    }

    /// <summary>
    /// The window of ONNX's LRN has the odd channel of an even size behind the centre, ours before it, and programs refuse even sizes: these are
    /// spelt out, the sum over channels as a 1×1 convolution of the squares.
    /// </summary>
    private void LocalResponse(LocalResponseNorm layer)
    {
        (int size, float alpha, float beta, float k) = layer.Options;
        if (size % 2 == 1)
        {
            Add("LRN", null, [X],
                OnnxGraph.Attribute("size", (long)size), OnnxGraph.Attribute("alpha", alpha), OnnxGraph.Attribute("beta", beta), OnnxGraph.Attribute("bias", k));
            return;
        }
        int channels = Input[0];
        float[] window = new float[channels * channels], constant = new float[channels];
        Array.Fill(constant, k);
        for (int c = 0; c < channels; c++)
            for (int j = Math.Max(0, c - (size / 2)), end = Math.Min(channels, c + ((size - 1) / 2) + 1); j < end; j++) window[(c * channels) + j] = alpha / size;
        string squares = Add("Mul", "squares", [X, X]);
        string sums = Add("Conv", "sums", [squares, Floats("window", window, channels, channels, 1, 1), Floats("k", constant, channels)]);
        Add("Div", null, [X, Add("Pow", "divisor", [sums, Floats("beta", [beta])])]);
    }
}
