using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Softmax over channels and its logarithm against the twins: every number of pixels and images around the lanes.</summary>
public class ChannelSoftmaxTests
{
    public static TheoryData<SimdWidth, bool> Cases { get; } = Rows.Of(
        from width in SimdWidths.Values from logarithm in new[] { false, true } select (width, logarithm));

    [Theory, MemberData(nameof(Cases))]
    public void Values_and_derivatives_are_the_twins(SimdWidth width, bool logarithm)
    {
        using ForcedWidth forced = new(width);
        for (int pixels = 1; pixels <= (2 * Simd.Lanes) + 1; pixels++) Check(images: 2, channels: 5, pixels, logarithm);
        for (int images = 1; images <= Simd.Lanes + 1; images++) Check(images, channels: 10, pixels: 1, logarithm);
        Check(images: 3, channels: 1, pixels: 9, logarithm);
        Check(images: 2, channels: 37, pixels: 1, logarithm);
        Check(images: 2, channels: 3, pixels: 5001, logarithm);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Large_numbers_do_not_overflow_and_NaN_stays_in_its_pixel(SimdWidth width, bool logarithm)
    {
        using ForcedWidth forced = new(width);
        const int pixels = 21;
        float[] x = new float[3 * pixels], y = new float[x.Length];
        for (int i = 0; i < pixels; i++) (x[i], x[pixels + i], x[(2 * pixels) + i]) = (i == 4 ? float.NaN : 1e30f, -1e30f, 1e30f);
        ChannelSoftmax.Forward(3, pixels, logarithm, x, y);
        for (int i = 0; i < pixels; i++)
            for (int c = 0; c < 3; c++)
                if (i == 4) Assert.Equal(float.NaN, y[(c * pixels) + i]);
                else if (logarithm) Assert.Equal(c == 1 ? -2e30f : -MathF.Log(2), y[(c * pixels) + i], 1e-6f);
                else Assert.Equal(c == 1 ? 0 : 0.5f, y[(c * pixels) + i]);
    }

    [Fact]
    public void Sizes_and_spans_are_checked()
    {
        float[] six = new float[6], five = new float[5];
        Assert.Throws<ArgumentOutOfRangeException>("channels", () => ChannelSoftmax.Forward(0, 2, false, six, six));
        Assert.Throws<ArgumentOutOfRangeException>("pixels", () => ChannelSoftmax.Forward(2, 0, false, six, six));
        ArgumentException exception = Assert.Throws<ArgumentException>("x", () => ChannelSoftmax.Forward(2, 2, false, six, six));
        Assert.Contains("x holds 6 numbers; that is not whole images of 2×2", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => ChannelSoftmax.Forward(3, 2, false, six, five));
        Assert.Throws<ArgumentException>("dy", () => ChannelSoftmax.Backward(3, 2, false, six, five, six));
        Assert.Throws<ArgumentException>("dx", () => ChannelSoftmax.Backward(3, 2, false, six, six, five));
    }

    private static void Check(int images, int channels, int pixels, bool logarithm)
    {
        float[] x = Numbers.Random(images * channels * pixels, pixels, limit: 4), dy = Numbers.Random(x.Length, 98);
        double[] expected = ReferenceActivations.ChannelSoftmax(channels, pixels, logarithm, ReferenceArrays.ToDoubles(x));
        Guarded<float> from = new(x), y = new(x.Length), inPlace = new(x);
        ChannelSoftmax.Forward(channels, pixels, logarithm, from.Span, y.Span);
        ChannelSoftmax.Forward(channels, pixels, logarithm, inPlace.Span, inPlace.Span);
        y.AssertIntact();
        inPlace.AssertIntact();
        Expect.Near(expected, y.Span, 2e-6, 1e-6);
        Expect.SameBits(y.Span, inPlace.Span);

        Guarded<float> delta = new(dy), dx = new(x.Length);
        ChannelSoftmax.Backward(channels, pixels, logarithm, y.Span, delta.Span, dx.Span);
        ChannelSoftmax.Backward(channels, pixels, logarithm, y.Span, delta.Span, delta.Span);
        dx.AssertIntact();
        delta.AssertIntact();
        Expect.Near(
            ReferenceActivations.ChannelSoftmaxBackward(channels, pixels, logarithm, expected, ReferenceArrays.ToDoubles(dy)), dx.Span, 2e-6, 3e-6);
        Expect.SameBits(dx.Span, delta.Span);
    }
}
