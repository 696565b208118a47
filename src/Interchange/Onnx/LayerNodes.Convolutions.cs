using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Interchange.Onnx;

/// <summary>Convolutions and fully connected layers: ONNX has the same definitions, and the same order of weights.</summary>
internal sealed partial class LayerNodes
{
    private void Convolution(ConvolutionLayer layer)
    {
        ConvOptions options = layer is DepthwiseConv2d ? layer.Options with { Groups = Input[0] } : layer.Options;
        Convolve(new ConvShape(1, Input[0], Image, Output[0], layer.Filter, options), graph.Parameter(place.Name, layer.Weight!), layer.Bias);
    }

    /// <summary>The filters that the table leaves out are written as zeros.</summary>
    private void Table(TableConv2d layer)
    {
        ConvShape shape = new(1, Input[0], Image, Output[0], layer.Filter, layer.Options);
        float[] filters = new float[shape.FilterLength];
        int area = shape.R * shape.S, next = 0;
        for (int place = 0; place < shape.K * shape.C; place++)
        {
            if (!layer.Table[place / shape.C, place % shape.C]) continue;
            layer.Weight!.Value.Span.Slice(next, area).CopyTo(filters.AsSpan(place * area));
            next += area;
        }
        Convolve(shape, graph.Floats($"{place.Name}.weight", filters, shape.K, shape.C, shape.R, shape.S), layer.Bias);
    }

    private void Fixed(FixedFilter2d layer)
    {
        ConvShape shape = new(1, Input[0], Image, Input[0], layer.Filter.Size, layer.Options with { Groups = Input[0] });
        Convolve(shape, Repeated("filters", layer.Filter.Weights, shape), null);
    }

    /// <summary>LeNet-5's sums of windows times a factor for each channel: a convolution of each channel with even filters.</summary>
    private void Subsampled(Subsampling layer)
    {
        Size2 window = layer.Windows.Window;
        ConvShape shape = new(1, Input[0], Image, Input[0], window, new ConvOptions { Stride = layer.Windows.Stride ?? window, Groups = Input[0] });
        int area = window.Height * window.Width;
        float[] filters = new float[shape.FilterLength];
        for (int c = 0; c < shape.C; c++) filters.AsSpan(c * area, area).Fill(layer.Weight!.Value.Span[c]);
        Convolve(shape, graph.Floats($"{place.Name}.weight", filters, shape.C, 1, shape.R, shape.S), layer.Bias);
    }

    private void Convolve(in ConvShape shape, string weight, Parameter? bias) =>
        Add("Conv", null, bias is null ? [X, weight] : [X, weight, graph.Parameter(place.Name, bias)], [.. Attributes(shape)]);

    /// <summary>ONNX adds rows and columns at the bottom and at the right, as here; <see cref="Padding.Same"/> may need them, too.</summary>
    private void Transposed(ConvTranspose2d layer)
    {
        ConvShape shape = new(1, Output[0], (Output[1], Output[2]), Input[0], layer.Filter, layer.Options);
        Padding padding = shape.Padding;
        long rows = Beyond(Output[1], Input[1], shape.Stride.Height, padding.Top + padding.Bottom, shape.R, shape.Dilation.Height);
        long columns = Beyond(Output[2], Input[2], shape.Stride.Width, padding.Left + padding.Right, shape.S, shape.Dilation.Width);
        string weight = graph.Parameter(place.Name, layer.Weight!);
        Add(
            "ConvTranspose", null, layer.Bias is null ? [X, weight] : [X, weight, graph.Parameter(place.Name, layer.Bias)],
            [.. Attributes(shape), OnnxGraph.Attribute("output_padding", [rows, columns])]);

        static long Beyond(int output, int input, int stride, int padding, int taps, int dilation) =>
            output - (((input - 1) * stride) - padding + (dilation * (taps - 1)) + 1);
    }

    private void FullyConnected(Linear layer)
    {
        string weight = graph.Parameter(place.Name, layer.Weight!);
        Add("Gemm", null, layer.Bias is null ? [X, weight] : [X, weight, graph.Parameter(place.Name, layer.Bias)], OnnxGraph.Attribute("transB", 1L));
    }

    private Size2 Image => (Input[1], Input[2]);

    private string Repeated(string part, ReadOnlySpan<float> filter, in ConvShape shape)
    {
        float[] filters = new float[shape.FilterLength];
        for (int c = 0; c < shape.C; c++) filter.CopyTo(filters.AsSpan(c * filter.Length));
        return Floats(part, filters, shape.C, 1, shape.R, shape.S);
    }

    private static IEnumerable<AttributeProto> Attributes(ConvShape shape) =>
    [
        OnnxGraph.Attribute("kernel_shape", [shape.R, shape.S]),
        OnnxGraph.Attribute("strides", [shape.Stride.Height, shape.Stride.Width]),
        OnnxGraph.Attribute("pads", [shape.Padding.Top, shape.Padding.Left, shape.Padding.Bottom, shape.Padding.Right]),
        OnnxGraph.Attribute("dilations", [shape.Dilation.Height, shape.Dilation.Width]),
        OnnxGraph.Attribute("group", (long)shape.Groups),
    ];
}
