using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Mean pooling in both ways of counting, and sum pooling: gradients against the double twin, shapes, messages.</summary>
public class MeanPool2dTests
{
    private static readonly Dictionary<string, (Size2 Window, Size2 Stride, Padding Padding, bool CeilMode)> Cases = new()
    {
        ["halves"] = (2, 2, Padding.Valid, false),
        ["rectangle"] = ((3, 2), (3, 2), Padding.Valid, false),
        ["overlapping"] = (3, 2, Padding.Valid, false),
        ["gaps"] = ((2, 1), (3, 2), Padding.Valid, false),
        ["padded"] = ((3, 4), (1, 2), new Padding(1, 2, 3, 0), false),
        ["ceil mode"] = (3, 2, 1, true),
        ["ceil mode, padded"] = ((2, 3), (3, 2), new Padding(1, 0, 0, 1), true),
        ["same"] = ((2, 3), (1, 2), Padding.Same, false),
    };

    private static readonly Shape Input = new(3, 8, 7);

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        (Size2 window, Size2 stride, Padding padding, bool ceilMode) = Cases[name];
        Check(new MeanPool2d(window, stride, padding, ceilMode), PoolDivisor.Window);
        Check(new MeanPool2d(window, stride, padding, ceilMode) { CountPadding = false }, PoolDivisor.Image);
        Check(new SumPool2d(window, stride, padding, ceilMode), PoolDivisor.One);

        void Check(PoolingLayer layer, PoolDivisor divisor)
        {
            TwinChain twin = new TwinChain(Input).MeanPool(window, stride, padding, ceilMode, divisor);
            Expect.Gradients(layer, Input, twin.Twin);
            Assert.Equal(twin.Shape, Expect.OutputShape(layer, Input));
            Assert.Empty(layer.Parameters);
        }
    }

    [Fact]
    public void Another_way_of_counting_is_not_the_twins()
    {
        Twin wrong = new TwinChain(Input).MeanPool(3, 2, 1, divisor: PoolDivisor.Image).Twin;
        Assert.False(new GradientCheck().Run(new MeanPool2d(3, 2, 1), Input, wrong).Passed);
        Assert.False(new GradientCheck().Run(new SumPool2d(3, 2, 1), Input, wrong).Passed);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("MeanPool2d \"pool1\": input is 12; it must be an image, C×H×W", new MeanPool2d(2), new Shape(12));
        Expect.Refusal("MeanPool2d \"pool1\": padding is (0, 0, 3, 0), the window 3×3; padding must be less than the window",
            new MeanPool2d(3, padding: new Padding(0, 0, 3, 0)), Input);
        Expect.Refusal("SumPool2d \"pool1\": the window spans 9 rows, the padded image has 8; the window must fit into the image", new SumPool2d((9, 2)), Input);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("MeanPool2d(2×2)", new MeanPool2d(2).ToString());
        Assert.Equal("MeanPool2d(3×3, stride 1×2, padding same)", new MeanPool2d(3, (1, 2), Padding.Same).ToString());
        Assert.Equal("MeanPool2d(3×3, padding 1, padding not counted)", new MeanPool2d(3, padding: 1) { CountPadding = false }.ToString());
        Assert.Equal("MeanPool2d(3×3, stride 2×2, ceil mode)", new MeanPool2d(3, 2, ceilMode: true).ToString());
        Assert.Equal("SumPool2d(2×3, padding 1)", new SumPool2d((2, 3), padding: 1).ToString());
    }
}
