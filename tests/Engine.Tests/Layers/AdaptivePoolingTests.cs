using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Pooling whose windows follow from the image: global and adaptive.</summary>
public class AdaptivePoolingTests
{
    private static readonly Dictionary<string, (Func<PoolingLayer> Layer, Size2 Output, PoolDivisor? Divisor)> Cases = new()
    {
        ["global max"] = (() => new GlobalMaxPool2d(), 1, null),
        ["global mean"] = (() => new GlobalMeanPool2d(), 1, PoolDivisor.Window),
        ["global sum"] = (() => new GlobalSumPool2d(), 1, PoolDivisor.One),
        ["max"] = (() => new AdaptiveMaxPool2d((3, 3)), (3, 3), null),
        ["mean"] = (() => new AdaptiveMeanPool2d((3, 3)), (3, 3), PoolDivisor.Window),
        ["max, more outputs than pixels"] = (() => new AdaptiveMaxPool2d((9, 5)), (9, 5), null),
        ["mean, more outputs than pixels"] = (() => new AdaptiveMeanPool2d((5, 10)), (5, 10), PoolDivisor.Window),
    };

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins_on_images_of_any_size(string name)
    {
        (Func<PoolingLayer> layer, Size2 output, PoolDivisor? divisor) = Cases[name];
        foreach (Shape input in new[] { new Shape(3, 5, 3), new Shape(2, 2, 7) })
        {
            TwinChain twin = new TwinChain(input).Pool((images, x) => PoolShape.Adaptive(images, x[0], (x[1], x[2]), output), divisor);
            Expect.Gradients(layer(), input, twin.Twin);
            Assert.Equal(new Shape(input[0], output.Height, output.Width), Expect.OutputShape(layer(), input));
        }
    }

    [Fact]
    public void Other_windows_are_not_the_twins()
    {
        Twin wrong = new TwinChain(new Shape(2, 8, 7)).MeanPool((3, 2), (2, 2), new Padding(0, 0, 0, 1)).Twin;
        Assert.False(new GradientCheck().Run(new AdaptiveMeanPool2d((3, 4)), new Shape(2, 8, 7), wrong).Passed);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("AdaptiveMaxPool2d \"pool1\": the output size is 0×2; both numbers must be at least 1", new AdaptiveMaxPool2d((0, 2)), new Shape(2, 3, 4));
        Expect.Refusal("GlobalMeanPool2d \"pool1\": input is 12; it must be an image, C×H×W", new GlobalMeanPool2d(), new Shape(12));
    }

    [Fact]
    public void They_are_written_with_their_output()
    {
        Assert.Equal("AdaptiveMeanPool2d(6×7)", new AdaptiveMeanPool2d((6, 7)).ToString());
        Assert.Equal("GlobalMeanPool2d", new GlobalMeanPool2d().ToString());
    }
}
