using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Mean pooling in both ways of counting: gradients against the double twin, shapes, messages.</summary>
public class MeanPool2dTests
{
    private static readonly Dictionary<string, (Size2 Window, Size2 Stride, Padding Padding)> Cases = new()
    {
        ["halves"] = (2, 2, Padding.Valid),
        ["rectangle"] = ((3, 2), (3, 2), Padding.Valid),
        ["overlapping"] = (3, 2, Padding.Valid),
        ["gaps"] = ((2, 1), (3, 2), Padding.Valid),
        ["padded"] = ((3, 4), (1, 2), new Padding(1, 2, 3, 0)),
        ["same"] = ((2, 3), (1, 2), Padding.Same),
    };

    private static readonly Shape Input = new(3, 8, 7);

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        CheckAgainstTwin(name, countPadding: true);
        CheckAgainstTwin(name, countPadding: false);
    }

    [Fact]
    public void Another_way_of_counting_is_not_the_twins()
    {
        Twin wrong = new TwinChain(Input).MeanPool(3, 2, 1, countPadding: false).Twin;
        Assert.False(new GradientCheck().Run(new MeanPool2d(3, 2, 1), Input, wrong).Passed);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("MeanPool2d \"pool1\": input is 12; it must be an image, C×H×W", new MeanPool2d(2), new Shape(12));
        Expect.Refusal("MeanPool2d \"pool1\": padding is (0, 0, 3, 0), the window 3×3; padding must be less than the window",
            new MeanPool2d(3, padding: new Padding(0, 0, 3, 0)), Input);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("MeanPool2d(2×2)", new MeanPool2d(2).ToString());
        Assert.Equal("MeanPool2d(3×3, stride 1×2, padding same)", new MeanPool2d(3, (1, 2), Padding.Same).ToString());
        Assert.Equal("MeanPool2d(3×3, padding 1, padding not counted)", new MeanPool2d(3, padding: 1) { CountPadding = false }.ToString());
    }

    private static void CheckAgainstTwin(string name, bool countPadding)
    {
        (Size2 window, Size2 stride, Padding padding) = Cases[name];
        TwinChain twin = new TwinChain(Input).MeanPool(window, stride, padding, countPadding);
        MeanPool2d layer = new(window, stride, padding) { CountPadding = countPadding };
        Expect.Gradients(layer, Input, twin.Twin);
        Assert.Equal(twin.Shape, Expect.OutputShape(layer, Input));
        Assert.Empty(layer.Parameters);
    }
}
