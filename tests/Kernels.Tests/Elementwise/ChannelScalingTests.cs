using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Scaling of planes in both layouts against the twin.</summary>
public class ChannelScalingTests
{
    public static TheoryData<int, int, SimdWidth> Cases { get; } = Rows.Of(
        from size in new[] { (1, 1), (5, 3), (3, 16), (7, 33), (2, 70), (1500, 49) }
        from width in SimdWidths.Values
        select (size.Item1, size.Item2, width));

    [Theory, MemberData(nameof(Cases))]
    public void Planes_gradients_and_scales_are_the_twins(int planes, int pixels, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] x = Numbers.Integers(planes * pixels, 1), s = Numbers.Integers(planes, 2), dy = Numbers.Integers(x.Length, 3);
        Guarded<float> from = new(x), y = new(x.Length), dx = new(x.Length), ds = new(planes);
        ChannelScaling.Forward(planes, pixels, from.Span, s, y.Span);
        ChannelScaling.Backward(planes, pixels, from.Span, s, dy, dx.Span, ds.Span);
        foreach (Guarded<float> written in new[] { y, dx, ds }) written.AssertIntact();
        Expect.Exactly(ReferenceScaling.Forward(pixels, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(s)), y.Span);
        Expect.Exactly(ReferenceScaling.Forward(pixels, ReferenceArrays.ToDoubles(dy), ReferenceArrays.ToDoubles(s)), dx.Span);
        Assert.Equal(ReferenceScaling.BackwardScales(pixels, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(dy)), ReferenceArrays.ToDoubles(ds.Span.ToArray()));
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Images_along_the_vector_give_the_same(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        const int channels = 5, pixels = 12;
        int images = Simd.Lanes - 1;
        float[] x = Numbers.Integers(images * channels * pixels, 1), s = Numbers.Integers(images * channels, 2), dy = Numbers.Integers(x.Length, 3);
        Guarded<float> y = new(channels * pixels * Simd.Lanes), dx = new(channels * pixels * Simd.Lanes), ds = new(channels * Simd.Lanes);
        float[] lanes = ChwnData.From(x, channels * pixels), scales = ChwnData.From(s, channels);
        ChwnChannelScaling.Forward(channels, pixels, lanes, scales, y.Span);
        ChwnChannelScaling.Backward(channels, pixels, lanes, scales, ChwnData.From(dy, channels * pixels), dx.Span, ds.Span);
        foreach (Guarded<float> written in new[] { y, dx, ds }) written.AssertIntact();
        Expect.Exactly(ReferenceScaling.Forward(pixels, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(s)), ChwnData.To<float>(y.Span, channels * pixels, images));
        Expect.Exactly(ReferenceScaling.Forward(pixels, ReferenceArrays.ToDoubles(dy), ReferenceArrays.ToDoubles(s)), ChwnData.To<float>(dx.Span, channels * pixels, images));
        Expect.Exactly(ReferenceScaling.BackwardScales(pixels, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(dy)), ChwnData.To<float>(ds.Span, channels, images));
    }

    [Fact]
    public void What_nobody_wants_is_not_written()
    {
        float[] x = [1, 2, 3, 4], s = [5, 6], dy = [1, 1, 1, 2], dx = new float[4], ds = new float[2];
        ChannelScaling.Backward(2, 2, x, s, dy, dx, []);
        ChannelScaling.Backward(2, 2, x, s, dy, [], ds);
        Assert.Equal([5f, 5, 6, 12], dx);
        Assert.Equal([3f, 11], ds);
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] x = new float[12], s = new float[3], one = new float[1];
        Assert.Throws<ArgumentException>("x", () => ChannelScaling.Forward(3, 4, one, s, x));
        Assert.Throws<ArgumentException>("scales", () => ChannelScaling.Forward(3, 4, x, one, x));
        Assert.Throws<ArgumentException>("y", () => ChannelScaling.Forward(3, 4, x, s, one));
        Assert.Throws<ArgumentException>("dy", () => ChannelScaling.Backward(3, 4, x, s, one, x, s));
        Assert.Throws<ArgumentException>("dx", () => ChannelScaling.Backward(3, 4, x, s, x, one, s));
        Assert.Throws<ArgumentException>("dscales", () => ChannelScaling.Backward(3, 4, x, s, x, x, one));
        Assert.Throws<ArgumentException>("x", () => ChwnChannelScaling.Forward(3, 4, x, s, x));
    }
}
