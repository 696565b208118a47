using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>LeNet-5's trainable subsampling: gradients against the double twin, shapes, messages.</summary>
public class SubsamplingTests
{
    private static readonly Dictionary<string, (Size2 Window, Size2? Stride)> Cases = new()
    {
        ["LeNet-5"] = (2, null),
        ["rectangle"] = ((3, 2), null),
        ["overlapping"] = ((2, 3), (1, 2)),
        ["gaps"] = ((2, 1), (3, 2)),
    };

    private static readonly Shape Input = new(3, 7, 6);

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        (Size2 window, Size2? stride) = Cases[name];
        Expect.Gradients(new Subsampling(window, stride), Input, Twin(window, stride));
    }

    [Fact]
    public void Another_window_is_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new Subsampling(2), Input, Twin((3, 2), 2)).Passed);

    [Fact]
    public void It_learns_between_other_layers()
    {
        Sequential layers = [new Conv2d(3, 2), new Subsampling(2), new ScaledTanh(), new Flatten(), new Linear(4)];
        Expect.Passed(new GradientCheck().Run(layers.Compile(new Shape(2, 7, 6), Expect.ForCheck())));
    }

    [Fact]
    public void It_begins_as_a_mean_and_has_two_numbers_a_channel()
    {
        Subsampling layer = new((2, 4));
        Expect.Parameters(layer, new Shape(3, 8, 8), "weight 3", "bias 3");
        Assert.Equal([0.125f, 0.125f, 0.125f], layer.Weight!.Value.Span.ToArray());
        Assert.Equal([0f, 0, 0], layer.Bias!.Value.Span.ToArray());
        Assert.Equal(new Shape(3, 4, 2), Expect.OutputShape(new Subsampling((2, 4)), new Shape(3, 8, 8)));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("Subsampling \"subsample1\": input is 12; it must be an image, C×H×W", new Subsampling(2), new Shape(12));
        Expect.Refusal("Subsampling \"subsample1\": the window size is 0×2; both numbers must be at least 1", new Subsampling((0, 2), 1), Input);
        Expect.Refusal("Subsampling \"subsample1\": the window spans 8 rows, the padded image has 7; the window must fit into the image", new Subsampling((8, 2)), Input);
    }

    [Fact]
    public void It_is_written_with_its_options()
    {
        Assert.Equal("Subsampling(2×2)", new Subsampling(2).ToString());
        Assert.Equal("Subsampling(3×2, stride 1×2)", new Subsampling((3, 2), (1, 2)).ToString());
    }

    private static Twin Twin(Size2 window, Size2? stride) => (images, inputs, parameters) =>
    {
        TwinChain sums = new TwinChain(Input).MeanPool(window, stride, divisor: PoolDivisor.One);
        int pixels = sums.Shape[1] * sums.Shape[2];
        return [.. sums.Run(images, inputs[0], []).Select((sum, i) => (parameters[0][i / pixels % 3] * sum) + parameters[1][i / pixels % 3])];
    };
}
