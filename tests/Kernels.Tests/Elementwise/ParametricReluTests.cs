using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>ReLU with learnt slopes against the twin: rows of every length around the lanes, one slope and several.</summary>
public class ParametricReluTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Values_and_gradients_are_the_twins(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int length = 1; length <= (2 * Simd.Lanes) + 1; length++)
            foreach (int slopes in new[] { 1, 3 }) Check(rows: 6, length, slopes);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Rows_that_threads_share_out_are_whole(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        Check(rows: 35_001, length: 1, slopes: 9);
        Check(rows: 3, length: 40_001, slopes: 1);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void NaN_stays_NaN_and_at_zero_the_slope_is_the_one_from_the_left(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        const int length = 37;
        float[] x = [.. Enumerable.Range(0, length).Select(i => (i % 3) switch { 0 => float.NaN, 1 => 0f, _ => -0f })];
        float[] y = new float[length], dx = new float[length], ones = [.. Enumerable.Repeat(1f, length)];
        ParametricRelu.Forward(length, [0.5f], x, y);
        ParametricRelu.Backward(length, [0.5f], x, ones, dx, new float[1]);
        for (int i = 0; i < length; i++) Assert.Equal((i % 3 == 0 ? float.NaN : 0, 0.5f), (y[i], dx[i]));
    }

    [Fact]
    public void The_inputs_gradient_may_be_left_out()
    {
        float[] slope = [2];
        ParametricRelu.Backward(2, [0.5f], [-1, -3, 5, -7], [1, 10, 100, 1000], default, slope);
        Assert.Equal(2 - 1 - 30 - 7000, slope[0]);
    }

    [Fact]
    public void Sizes_and_spans_are_checked()
    {
        float[] six = new float[6], five = new float[5], two = new float[2], one = new float[1];
        Assert.Throws<ArgumentOutOfRangeException>("rowLength", () => ParametricRelu.Forward(0, one, six, six));
        Assert.Throws<ArgumentException>("slopes", () => ParametricRelu.Forward(3, [], six, six));
        ArgumentException exception = Assert.Throws<ArgumentException>("x", () => ParametricRelu.Forward(4, one, six, six));
        Assert.Contains("x holds 6 numbers; that is not whole rows of 4", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => ParametricRelu.Forward(3, one, six, five));
        Assert.Throws<ArgumentException>("dy", () => ParametricRelu.Backward(3, one, six, five, six, one));
        Assert.Throws<ArgumentException>("dx", () => ParametricRelu.Backward(3, one, six, six, five, one));
        Assert.Throws<ArgumentException>("dslopes", () => ParametricRelu.Backward(3, two, six, six, six, one));
    }

    private static void Check(int rows, int length, int slopes)
    {
        float[] x = Numbers.Integers(rows * length, length), dy = Numbers.Integers(x.Length, 98), before = Numbers.Integers(slopes, 97);
        float[] a = [.. Enumerable.Range(0, slopes).Select(i => 0.25f * (i - 1))]; // negative and zero slopes, too
        (double[] expected, double[] expectedX, double[] expectedA) = ReferenceActivations.ParametricRelu(
            length, ReferenceArrays.ToDoubles(a), ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(dy));
        for (int i = 0; i < slopes; i++) expectedA[i] += before[i];

        Guarded<float> from = new(x), y = new(x.Length), inPlace = new(x), delta = new(dy), dx = new(x.Length), da = new(before);
        ParametricRelu.Forward(length, a, from.Span, y.Span);
        ParametricRelu.Forward(length, a, inPlace.Span, inPlace.Span);
        y.AssertIntact();
        inPlace.AssertIntact();
        Expect.Exactly(expected, y.Span);
        Expect.SameBits(y.Span, inPlace.Span);

        ParametricRelu.Backward(length, a, from.Span, delta.Span, dx.Span, da.Span);
        dx.AssertIntact();
        da.AssertIntact();
        Expect.Exactly(expectedX, dx.Span);
        Expect.Exactly(expectedA, da.Span);
        ParametricRelu.Backward(length, a, from.Span, delta.Span, delta.Span, da.Span);
        Expect.SameBits(dx.Span, delta.Span);
    }
}
