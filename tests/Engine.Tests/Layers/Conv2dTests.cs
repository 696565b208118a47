using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>The convolution layer: gradients against the double twin, shapes, messages.</summary>
public class Conv2dTests
{
    private sealed record Case(string Name, Shape Input, int Filters, Size2 Filter, ConvOptions Options, bool Bias = true);

    private static readonly Case[] Cases =
    [
        new("plain rectangle", new Shape(2, 7, 9), 4, (3, 2), new ConvOptions()),
        new("stride", new Shape(3, 9, 8), 4, (3, 4), new ConvOptions { Stride = (2, 3) }),
        new("stride that leaves rows over", new Shape(2, 10, 7), 3, (2, 3), new ConvOptions { Stride = 3 }),
        new("same", new Shape(2, 6, 9), 4, (5, 3), new ConvOptions { Padding = Padding.Same }),
        new("same with even filter", new Shape(2, 5, 8), 3, (4, 2), new ConvOptions { Padding = Padding.Same }),
        new("same with stride", new Shape(2, 7, 8), 3, (3, 5), new ConvOptions { Padding = Padding.Same, Stride = (2, 3) }),
        new("padding of each side", new Shape(2, 6, 5), 4, (3, 2), new ConvOptions { Padding = new Padding(2, 0, 1, 3) }),
        new("dilation", new Shape(2, 9, 10), 3, (3, 2), new ConvOptions { Dilation = (2, 3) }),
        new("groups", new Shape(4, 6, 7), 6, (3, 2), new ConvOptions { Groups = 2 }),
        new("depthwise", new Shape(5, 6, 8), 5, (3, 4), new ConvOptions { Groups = 5, Padding = Padding.Same }),
        new("pointwise", new Shape(5, 4, 6), 7, 1, new ConvOptions()),
        new("no bias", new Shape(2, 6, 8), 4, (2, 3), new ConvOptions { Stride = (1, 2) }, Bias: false),
        new("filter as large as the image", new Shape(3, 4, 5), 6, (4, 5), new ConvOptions()),
        new("everything", new Shape(4, 11, 9), 6, (3, 2),
            new ConvOptions { Stride = (2, 1), Padding = new Padding(1, 2, 0, 3), Dilation = (2, 3), Groups = 2 }),
    ];

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        Case c = Cases.Single(c => c.Name == name);
        Expect.Gradients(Make(c), c.Input, new TwinChain(c.Input).Conv(c.Filters, c.Filter, c.Options, c.Bias).Twin);
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_shape_is_the_specifications(string name)
    {
        Case c = Cases.Single(c => c.Name == name);
        Assert.Equal(new TwinChain(c.Input).Conv(c.Filters, c.Filter, c.Options, c.Bias).Shape, Expect.OutputShape(Make(c), c.Input));
    }

    [Fact]
    public void Parameters_are_filters_and_biases()
    {
        Expect.Parameters(new Conv2d(6, (5, 3), groups: 2), new Shape(4, 9, 9), "weight 6×2×5×3", "bias 6");
        Expect.Parameters(new Conv2d(6, 5) { HasBias = false }, new Shape(1, 28, 28), "weight 6×1×5×5");
    }

    [Fact]
    public void Weights_follow_the_fan_in_and_biases_begin_at_zero()
    {
        Conv2d layer = new(40, (5, 3), groups: 2) { Initializer = Initializer.LeCun };
        Expect.OutputShape(layer, new Shape(20, 8, 8));
        double variance = layer.Weight!.Value.Span.ToArray().Average(w => (double)w * w);
        Assert.Equal(1.0 / (10 * 5 * 3), variance, 1.0 / (10 * 5 * 3) * 0.1);
        Assert.All(layer.Bias!.Value.Span.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public void Multiply_adds_are_those_of_the_specification()
    {
        Conv2d layer = new(6, (5, 3), groups: 2);
        Shape input = new(4, 9, 8);
        Assert.Equal(5L * 3 * 2 * 6 * 5 * 6, layer.MultiplyAdds(input, Expect.OutputShape(layer, input)));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("Conv2d \"conv1\": input is 12; it must be an image, C×H×W", new Conv2d(6, 5), new Shape(12));
        Expect.Refusal("Conv2d \"first\": input has 3 channels, groups is 2; channels must divide by groups",
            new Conv2d(6, 5, groups: 2) { Name = "first" }, new Shape(3, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": output has 7 channels, groups is 2; channels must divide by groups",
            new Conv2d(7, 5, groups: 2), new Shape(4, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": the window spans 9 columns, the padded image has 8; the window must fit into the image",
            new Conv2d(6, 3, dilation: (1, 4)), new Shape(1, 9, 8));
        Expect.Refusal("Conv2d \"conv1\": the number of output channels is 0; it must be at least 1", new Conv2d(0, 5), new Shape(1, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": the filter size is 5×0; both numbers must be at least 1", new Conv2d(6, (5, 0)), new Shape(1, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": stride is 0×1; both numbers must be at least 1", new Conv2d(6, 5, stride: (0, 1)), new Shape(1, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": dilation is -1×-1; both numbers must be at least 1", new Conv2d(6, 5, dilation: -1), new Shape(1, 9, 9));
        Expect.Refusal("Conv2d \"conv1\": groups is 0; it must be at least 1", new Conv2d(6, 5, groups: 0), new Shape(1, 9, 9));
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("Conv2d(6, 5×5)", new Conv2d(6, 5).ToString());
        Assert.Equal("Conv2d(6, 5×3, stride 2×1, padding same, dilation 1×2, groups 3, no bias)",
            new Conv2d(6, (5, 3), (2, 1), Padding.Same, (1, 2), 3) { HasBias = false }.ToString());
        Assert.Equal("Conv2d(6, 1×1, padding (0, 1, 2, 3))", new Conv2d(6, 1, padding: new Padding(0, 1, 2, 3)).ToString());
    }

    private static Conv2d Make(Case c) =>
        new(c.Filters, c.Filter, c.Options.Stride, c.Options.Padding, c.Options.Dilation, c.Options.Groups) { HasBias = c.Bias };
}
