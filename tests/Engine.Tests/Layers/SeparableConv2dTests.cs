using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Depthwise convolution, and convolutions taken apart into two.</summary>
public class SeparableConv2dTests
{
    private static readonly Shape Input = new(3, 7, 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Depthwise_output_and_gradients_are_the_twins(int multiplier)
    {
        ConvOptions options = new() { Stride = (2, 1), Padding = new Padding(1, 0, 2, 1), Dilation = (1, 2), Groups = 3 };
        DepthwiseConv2d layer = new((3, 2), options.Stride, options.Padding, options.Dilation, multiplier);
        TwinChain twin = new TwinChain(Input).Conv(3 * multiplier, (3, 2), options);
        Expect.Gradients(layer, Input, twin.Twin);
        Assert.Equal(twin.Shape, Expect.OutputShape(layer, Input));
    }

    [Fact]
    public void Depthwise_parameters_are_a_filter_and_a_bias_for_each_output()
    {
        Expect.Parameters(new DepthwiseConv2d((3, 2)), Input, "weight 3×1×3×2", "bias 3");
        Expect.Parameters(new DepthwiseConv2d(3, multiplier: 4) { HasBias = false }, Input, "weight 12×1×3×3");
        DepthwiseConv2d layer = new((3, 2));
        Assert.Equal(3L * 3 * 2 * 5 * 7, layer.MultiplyAdds(Input, Expect.OutputShape(layer, Input)));
    }

    [Fact]
    public void Depthwise_separable_is_a_filter_for_each_channel_then_1_by_1()
    {
        Sequential layers = SeparableConv2d.Depthwise(5, (3, 2), stride: (2, 1), padding: 1);
        TwinChain twin = new TwinChain(Input).Conv(3, (3, 2), new ConvOptions { Stride = (2, 1), Padding = 1, Groups = 3 }, bias: false).Conv(5, 1);
        Expect.Gradients(layers, twin, Input);
        Assert.Equal((3 * 3 * 2) + (3 * 5) + 5, layers.Sum(layer => layer.Parameters.Sum(p => p.Shape.Length)));
    }

    [Fact]
    public void Spatially_separable_is_a_column_then_a_row()
    {
        Sequential layers = SeparableConv2d.Spatial(4, (3, 5), stride: (1, 2), padding: new Padding(1, 0, 2, 1));
        TwinChain twin = new TwinChain(Input)
            .Conv(4, (3, 1), new ConvOptions { Padding = new Padding(1, 0, 0, 0) }, bias: false)
            .Conv(4, (1, 5), new ConvOptions { Stride = (1, 2), Padding = new Padding(0, 0, 2, 1) });
        Expect.Gradients(layers, twin, Input);
        Assert.Equal(new Shape(4, 7, 8), SeparableConv2d.Spatial(4, 3, padding: Padding.Same).Compile(Input).OutputShape);
    }

    [Fact]
    public void Blocks_are_added_to_other_rows_of_layers_and_to_graphs()
    {
        Sequential layers = new() { new ReLU(), SeparableConv2d.Depthwise(5, 3), new Flatten() };
        Assert.Equal(["ReLU", "DepthwiseConv2d(3×3, no bias)", "Conv2d(5, 1×1)", "Flatten"], layers.Select(layer => layer.ToString()));
        Graph graph = new();
        graph.Input.Then(SeparableConv2d.Spatial(2, 3)).Then(new ReLU());
        Assert.Equal(new Shape(2, 5, 6), graph.Compile(Input).OutputShape);
    }

    [Fact]
    public void A_depthwise_layer_may_serve_networks_one_after_another()
    {
        DepthwiseConv2d layer = new(3);
        Assert.Equal(new Shape(3, 5, 6), Expect.OutputShape(layer, Input));
        Assert.Equal(new Shape(3, 7, 3), Expect.OutputShape(layer, new Shape(3, 9, 5)));
        Expect.Refusal("DepthwiseConv2d \"conv1\": its weight is 3×1×3×3 from an earlier network; this input needs 2×1×3×3", layer, new Shape(2, 7, 8));
        Assert.Equal(new Shape(3, 5, 6), Expect.OutputShape(layer, Input));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("DepthwiseConv2d \"conv1\": the multiplier is 0; it must be at least 1", new DepthwiseConv2d(3, multiplier: 0), Input);
        Expect.Refusal("DepthwiseConv2d \"conv1\": input is 12; it must be an image, C×H×W", new DepthwiseConv2d(3), new Shape(12));
    }

    [Fact]
    public void Depthwise_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("DepthwiseConv2d(3×3)", new DepthwiseConv2d(3).ToString());
        Assert.Equal("DepthwiseConv2d(3×2, multiplier 4, stride 2×2, padding same, dilation 1×2, no bias)",
            new DepthwiseConv2d((3, 2), 2, Padding.Same, (1, 2), 4) { HasBias = false }.ToString());
    }
}
