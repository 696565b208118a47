using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Layers;

/// <summary>Max pooling: gradients against the double twin, where the maximum is kept, shapes, messages.</summary>
public class MaxPool2dTests
{
    private static readonly Dictionary<string, (Size2 Window, Size2 Stride, Padding Padding, bool CeilMode)> Cases = new()
    {
        ["halves"] = (2, 2, Padding.Valid, false),
        ["rectangle"] = ((2, 3), (2, 3), Padding.Valid, false),
        ["overlapping"] = (3, 2, Padding.Valid, false),
        ["gaps"] = ((2, 1), (3, 2), Padding.Valid, false),
        ["stride 1"] = ((1, 3), 1, Padding.Valid, false),
        ["padded"] = ((3, 2), (2, 1), new Padding(1, 2, 0, 1), false),
        ["ceil mode"] = (3, 2, Padding.Valid, true),
        ["ceil mode, padded"] = ((2, 3), (3, 2), new Padding(1, 0, 0, 1), true),
        ["same"] = (3, 2, Padding.Same, false),
    };

    private static readonly Shape Input = new(3, 8, 7);

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        (Size2 window, Size2 stride, Padding padding, bool ceilMode) = Cases[name];
        TwinChain twin = new TwinChain(Input).MaxPool(window, stride, padding, ceilMode);
        MaxPool2d layer = new(window, stride, padding, ceilMode);
        Expect.Gradients(layer, Input, twin.Twin);
        Assert.Equal(twin.Shape, Expect.OutputShape(layer, Input));
        Assert.Empty(layer.Parameters);
    }

    [Fact]
    public void On_a_tie_the_first_in_row_order_gets_the_whole_delta()
    {
        Network network = new Sequential { new MaxPool2d((2, 3)) }.Compile(new Shape(1, 2, 3), Expect.ForCheck(images: 2));
        Tensor images = Tensor.From(new Shape(2, 1, 2, 3), [0, 7, 7, 7, 0, 7, -3, -3, -3, -3, -3, -3]);
        network.Backpropagate(new TensorDataset("ties", images, [0, 0], 1), [0, 1], new HalfSquaredError());
        // ∂/∂y of the mean of ½(y − 1)² over two images is (y − 1)/2.
        Assert.Equal([0, 3, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0], network.InputGradient.Span.ToArray());
    }

    [Fact]
    public void Other_windows_are_not_the_twins()
    {
        Twin wrong = new TwinChain(Input).MaxPool(2, 1, new Padding(0, 0, 1, 0)).Twin;
        Assert.False(new GradientCheck().Run(new MaxPool2d(2, 1, new Padding(0, 0, 0, 1)), Input, wrong).Passed);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("MaxPool2d \"pool1\": input is 12; it must be an image, C×H×W", new MaxPool2d(2), new Shape(12));
        Expect.Refusal("MaxPool2d \"pool1\": the window spans 9 rows, the padded image has 8; the window must fit into the image",
            new MaxPool2d((9, 2)), Input);
        Expect.Refusal("MaxPool2d \"pool1\": padding is 2, the window 2×2; padding must be less than the window", new MaxPool2d(2, padding: 2), Input);
        Expect.Refusal("MaxPool2d \"half\": stride is 0×0; both numbers must be at least 1", new MaxPool2d(2, 0) { Name = "half" }, Input);
        Expect.Refusal("MaxPool2d \"pool1\": the window size is 0×2; both numbers must be at least 1", new MaxPool2d((0, 2), 1), Input);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("MaxPool2d(2×2)", new MaxPool2d(2).ToString());
        Assert.Equal("MaxPool2d(3×2, stride 2×2, padding 1)", new MaxPool2d((3, 2), 2, 1).ToString());
        Assert.Equal("MaxPool2d(3×3, stride 2×2, ceil mode)", new MaxPool2d(3, 2, ceilMode: true).ToString());
    }
}
