using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>A factor and a bias for each channel against the twin.</summary>
public class ChannelAffineTests
{
    public static TheoryData<int, int, SimdWidth> Cases { get; } = Rows.Of(
        from size in new[] { (1, 1), (3, 14), (6, 49), (2, 160) } from width in SimdWidths.Values select (size.Item1, size.Item2, width));

    [Theory, MemberData(nameof(Cases))]
    public void Numbers_and_gradients_are_the_twins(int channels, int pixels, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        const int images = 3;
        float[] x = Numbers.Integers(images * channels * pixels, 1), a = Numbers.Integers(channels, 2), b = Numbers.Integers(channels, 3);
        float[] dy = Numbers.Integers(x.Length, 4), before = Numbers.Integers(channels, 5), da = [.. before], db = [.. before];
        double[] expectedA = ReferenceArrays.ToDoubles(before), expectedB = ReferenceArrays.ToDoubles(before), expected = new double[x.Length], expectedX = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int c = i / pixels % channels;
            expected[i] = (a[c] * x[i]) + b[c];
            expectedX[i] = a[c] * dy[i];
            expectedA[c] += dy[i] * x[i];
            expectedB[c] += dy[i];
        }
        Guarded<float> y = new(x.Length), dx = new(x);
        ChannelAffine.Forward(channels, pixels, x, a, b, y.Span);
        ChannelAffine.Backward(channels, pixels, dx.Span, a, dy, dx.Span, da, db);
        y.AssertIntact();
        dx.AssertIntact();
        Assert.Equal(expected, ReferenceArrays.ToDoubles(y.Span.ToArray()));
        Expect.Exactly(expectedX, dx.Span);
        Assert.Equal(expectedA, ReferenceArrays.ToDoubles(da));
        Assert.Equal(expectedB, ReferenceArrays.ToDoubles(db));
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] x = new float[24], c = new float[3], one = new float[1];
        Assert.Throws<ArgumentException>("weight", () => ChannelAffine.Forward(3, 4, x, one, c, x));
        Assert.Throws<ArgumentException>("bias", () => ChannelAffine.Forward(3, 4, x, c, one, x));
        Assert.Throws<ArgumentException>("y", () => ChannelAffine.Forward(3, 4, x, c, c, one));
        Assert.Throws<ArgumentException>("dy", () => ChannelAffine.Backward(3, 4, x, c, one, x, c, c));
        Assert.Throws<ArgumentException>("dx", () => ChannelAffine.Backward(3, 4, x, c, x, one, c, c));
        Assert.Throws<ArgumentException>("dweight", () => ChannelAffine.Backward(3, 4, x, c, x, x, one, c));
        Assert.Throws<ArgumentException>("dbias", () => ChannelAffine.Backward(3, 4, x, c, x, x, c, one));
    }
}
