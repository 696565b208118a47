using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Filters that are not learnt: the classical ones, gradients against the double twin, messages.</summary>
public class FixedFilter2dTests
{
    private static readonly Shape Input = new(3, 6, 7);

    private static readonly ImageFilter Own = new("own", new float[,] { { 1, -2 }, { 0.5f, 3 }, { 0, 4 } });

    [Fact]
    public void Output_and_gradients_are_the_twins()
    {
        Expect.Gradients(new FixedFilter2d(Own), Input, TwinOf(Own, new ConvOptions { Padding = Padding.Same }));
        ConvOptions options = new() { Stride = (2, 1), Padding = new Padding(0, 1, 2, 0) };
        Expect.Gradients(new FixedFilter2d(Own, options.Stride, options.Padding), Input, TwinOf(Own, options));
        Expect.Gradients(new FixedFilter2d(ImageFilter.EdgeDetection, padding: Padding.Valid), Input, TwinOf(ImageFilter.EdgeDetection, new ConvOptions()));
    }

    [Fact]
    public void Between_layers_and_joined_with_an_activation()
    {
        Twin filter = TwinOf(ImageFilter.Sharpen, new ConvOptions { Padding = Padding.Same });
        TwinChain before = new TwinChain(Input).Conv(3, 1);
        Twin twin = (images, inputs, parameters) => ReferenceActivations.Forward(Activation.Relu,
            filter(images, [before.Run(images, inputs[0], new(parameters))], []));
        Sequential layers = new() { new Conv2d(3, 1), new FixedFilter2d(ImageFilter.Sharpen), new ReLU() };
        Expect.Passed(new GradientCheck().Run(layers.Compile(Input, Expect.ForCheck()), twin));
    }

    [Fact]
    public void A_turned_filter_is_not_the_twins()
    {
        ImageFilter turned = new("turned", new float[,] { { 4, 0 }, { 3, 0.5f }, { -2, 1 } });
        Assert.False(new GradientCheck().Run(new FixedFilter2d(Own), Input, TwinOf(turned, new ConvOptions { Padding = Padding.Same })).Passed);
    }

    [Fact]
    public void The_classical_filters_do_what_they_are_named_after()
    {
        // A step from 0 to 16, away from the border.
        float[] step = [.. Enumerable.Range(0, 5 * 6).Select(i => i % 6 < 3 ? 0f : 16f)];
        Assert.Equal([0, 0, 16, 16], Row(ImageFilter.Identity));
        Assert.Equal([0, -48, 48, 0], Row(ImageFilter.EdgeDetection));
        Assert.Equal([0, -16, 32, 16], Row(ImageFilter.Sharpen));
        Assert.Equal([0, 5.333, 10.667, 16], Row(ImageFilter.BoxBlur));
        Assert.Equal([0, 4, 12, 16], Row(ImageFilter.GaussianBlur));
        Assert.Equal(5, ImageFilter.All.Count);
        foreach (ImageFilter filter in ImageFilter.All)
        {
            Assert.Equal(new Size2(3, 3), filter.Size);
            Assert.Equal(filter == ImageFilter.EdgeDetection ? 0 : 1, filter.Weights.ToArray().Sum(), 1e-6f); // brightness is kept
        }

        IEnumerable<double> Row(ImageFilter filter)
        {
            Network network = new Sequential { new FixedFilter2d(filter) }.Compile(new Shape(1, 5, 6), new NetworkOptions { Training = false });
            float[] output = network.Predict(Tensor.From(new Shape(1, 1, 5, 6), step)).Span.ToArray();
            return output.Skip(2 * 6).Take(5).Skip(1).Select(value => Math.Round(value, 3));
        }
    }

    [Fact]
    public void Nothing_is_learnt()
    {
        FixedFilter2d layer = new(Own);
        Assert.Equal(Input, Expect.OutputShape(layer, Input));
        Assert.Empty(layer.Parameters);
        Assert.Equal(3L * 6 * 6 * 7, layer.MultiplyAdds(Input, Input));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("FixedFilter2d \"filter1\": input is 12; it must be an image, C×H×W", new FixedFilter2d(Own), new Shape(12));
        Expect.Refusal("FixedFilter2d \"filter1\": stride is 0×1; both numbers must be at least 1", new FixedFilter2d(Own, (0, 1)), Input);
        Expect.Refusal("FixedFilter2d \"filter1\": the window spans 3 rows, the padded image has 2; the window must fit into the image",
            new FixedFilter2d(Own, padding: Padding.Valid), new Shape(1, 2, 2));
        Expect.Throws<ArgumentException>("the filter size is 0×2; both numbers must be at least 1", () => _ = new ImageFilter("none", new float[0, 2]));
        Expect.Throws<ArgumentException>("a weight is NaN; all must be finite", () => _ = new ImageFilter("bad", new float[,] { { float.NaN } }));
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("FixedFilter2d(Gaussian blur 3×3)", new FixedFilter2d(ImageFilter.GaussianBlur).ToString());
        Assert.Equal("FixedFilter2d(own 3×2, stride 2×2, padding 0)", new FixedFilter2d(Own, 2, Padding.Valid).ToString());
    }

    private static Twin TwinOf(ImageFilter filter, ConvOptions options) => (images, inputs, _) => ReferenceConvolution.Forward(
        new ConvShape(images * Input[0], 1, (Input[1], Input[2]), 1, filter.Size, options), inputs[0], ReferenceArrays.ToDoubles(filter.Weights));
}
