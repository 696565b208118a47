using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Mean pooling against its twin, with every divisor.</summary>
public class MeanPoolingTests
{
    public static TheoryData<string, PoolDivisor> Cases { get; } = Rows.Of(
        from name in PoolCases.Names from divisor in Enum.GetValues<PoolDivisor>() select (name, divisor));

    [Theory, MemberData(nameof(Cases))]
    public void Means_are_within_rounding(string name, PoolDivisor divisor) => CheckMeans(PoolCases.Shape(name), divisor);

    [Theory, MemberData(nameof(Cases))]
    public void Deltas_are_spread_evenly(string name, PoolDivisor divisor) => CheckDeltas(PoolCases.Shape(name), divisor);

    [Theory, InlineData(2), InlineData(3)]
    public void Images_of_all_widths_are_pooled_and_their_deltas_sent_back(int window)
    {
        foreach (PoolShape shape in PoolCases.OfAllWidths(window))
            foreach (PoolDivisor divisor in Enum.GetValues<PoolDivisor>())
            {
                CheckMeans(shape, divisor);
                CheckDeltas(shape, divisor);
            }
    }

    private static void CheckMeans(PoolShape shape, PoolDivisor divisor)
    {
        foreach (float[] x in new[] { Numbers.Random(shape.InputLength, 1), Numbers.Integers(shape.InputLength, 2) })
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                Guarded<float> from = new(x), y = new((int)shape.OutputLength);
                MeanPooling.Forward(shape, from.Span, y.Span, divisor);
                y.AssertIntact();
                double[] twin = ReferenceArrays.ToDoubles(x);
                Expect.WithinRounding(
                    ReferencePooling.MeanForward(shape, twin, divisor),
                    ReferencePooling.MeanForward(shape, ReferenceArrays.Absolute(twin), divisor), y.Span);
            }
    }

    private static void CheckDeltas(PoolShape shape, PoolDivisor divisor)
    {
        float[] dy = Numbers.Random(shape.OutputLength, 3);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Guarded<float> from = new(dy), dx = new((int)shape.InputLength);
            MeanPooling.Backward(shape, from.Span, dx.Span, divisor);
            dx.AssertIntact();
            double[] twin = ReferenceArrays.ToDoubles(dy);
            Expect.WithinRounding(
                ReferencePooling.MeanBackward(shape, twin, divisor),
                ReferencePooling.MeanBackward(shape, ReferenceArrays.Absolute(twin), divisor), dx.Span);

            // A mean keeps the sum of deltas, unless a part of it falls on padding.
            if (divisor == PoolDivisor.One || (divisor == PoolDivisor.Window && shape.Padding != Padding.Valid)) continue;
            double sent = 0, received = 0, size = 0;
            foreach (float delta in dy) (sent, size) = (sent + delta, size + Math.Abs(delta));
            foreach (float delta in dx.Span) received += delta;
            Assert.InRange(received, sent - (1e-6 * size), sent + (1e-6 * size));
        }
    }

    [Fact]
    public void Sums_of_whole_numbers_are_exact()
    {
        foreach (string name in PoolCases.Names)
        {
            PoolShape shape = PoolCases.Shape(name);
            float[] x = Numbers.Integers(shape.InputLength, 4), y = new float[shape.OutputLength];
            MeanPooling.Forward(shape, x, y, PoolDivisor.One);
            Expect.Exactly(ReferencePooling.MeanForward(shape, ReferenceArrays.ToDoubles(x), PoolDivisor.One), y);
        }
    }

    [Fact]
    public void NaN_and_infinity_reach_the_windows_that_hold_them_and_no_others()
    {
        foreach (PoolShape shape in PoolCases.Names.Select(PoolCases.Shape).Concat(PoolCases.OfAllWidths(3)))
        {
            float[] x = Numbers.Integers(shape.InputLength, 5), y = new float[shape.OutputLength];
            for (int i = 3; i < x.Length; i += 41) x[i] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
            double[] expected = ReferencePooling.MeanForward(shape, ReferenceArrays.ToDoubles(x), PoolDivisor.One);
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                MeanPooling.Forward(shape, x, y, PoolDivisor.One);
                Assert.Equal(expected, ReferenceArrays.ToDoubles(y));
            }
        }
    }

    [Fact]
    public void NaN_and_infinity_of_deltas_reach_the_pixels_of_their_windows_and_no_others()
    {
        foreach (PoolShape shape in PoolCases.Names.Select(PoolCases.Shape).Concat(PoolCases.OfAllWidths(3)))
        {
            float[] dy = Numbers.Integers(shape.OutputLength, 6), dx = new float[shape.InputLength];
            for (int i = 1; i < dy.Length; i += 7) dy[i] = i % 2 == 0 ? float.NaN : float.PositiveInfinity;
            double[] expected = ReferencePooling.MeanBackward(shape, ReferenceArrays.ToDoubles(dy), PoolDivisor.One);
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                MeanPooling.Backward(shape, dy, dx, PoolDivisor.One);
                Assert.Equal(expected, ReferenceArrays.ToDoubles(dx));
            }
        }
    }

    [Fact]
    public void Windows_of_four_are_exact_on_whole_numbers()
    {
        PoolShape shape = new(1, 1, (2, 4), 2, 2);
        float[] y = new float[2], dx = new float[8];
        MeanPooling.Forward(shape, [1, 2, 3, 4, 5, 6, 7, 9], y);
        MeanPooling.Backward(shape, [4, 8], dx);
        Assert.Equal([3.5f, 5.75f], y);
        Assert.Equal([1f, 1, 2, 2, 1, 1, 2, 2], dx);
    }

    [Fact]
    public void Padding_counts_or_does_not()
    {
        // A 2×2 window at the corner of a padded image holds one pixel.
        PoolShape shape = new(1, 1, 1, 2, 1, new Padding(1, 0, 1, 0));
        float[] y = new float[1], dx = new float[1];
        MeanPooling.Forward(shape, [8], y);
        MeanPooling.Backward(shape, [8], dx);
        Assert.Equal((2, 2), (y[0], dx[0]));
        MeanPooling.Forward(shape, [8], y, PoolDivisor.Image);
        MeanPooling.Backward(shape, [8], dx, PoolDivisor.Image);
        Assert.Equal((8, 8), (y[0], dx[0]));
    }

    [Fact]
    public void Spans_are_checked()
    {
        PoolShape shape = new(1, 2, (4, 6), 2, 2);
        float[] x = new float[48], y = new float[12], tooShort = new float[11];
        ArgumentException exception = Assert.Throws<ArgumentException>("x", () => MeanPooling.Forward(shape, y, y));
        Assert.Contains("x holds 12 numbers; this shape needs 48", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => MeanPooling.Forward(shape, x, tooShort));
        Assert.Throws<ArgumentException>("dy", () => MeanPooling.Backward(shape, tooShort, x));
        Assert.Throws<ArgumentException>("dx", () => MeanPooling.Backward(shape, y, y));
    }
}
