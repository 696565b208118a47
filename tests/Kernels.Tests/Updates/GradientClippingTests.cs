using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Sums of squares against one in double precision, and scaling and limiting, on every width and at every length around the lanes.</summary>
public class GradientClippingTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Whole_numbers_are_exact(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> values = new(Numbers.Integers(length, length));
            Assert.Equal(SumOfSquares(values.Span), GradientClipping.SumOfSquares(values.Span));
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Many_numbers_of_any_size_stay_within_few_roundings(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // A single sum in float32 would be wrong in the third digit.
        Guarded<float> values = new(Numbers.Random(3_000_001, 1));
        for (int i = 0; i < values.Span.Length; i += 1000) values.Span[i] *= 1000;
        double expected = SumOfSquares(values.Span);
        Assert.Equal(expected, GradientClipping.SumOfSquares(values.Span), expected * 1e-7);
    }

    [Fact]
    public void The_same_bits_come_from_any_number_of_threads()
    {
        float[] values = Numbers.Random(100_003, 1);
        double expected = Run(1);
        foreach (int threads in new[] { 2, 3 }) Assert.Equal(expected, Run(threads));

        double Run(int threads)
        {
            using ForcedThreads forced = new(threads);
            return GradientClipping.SumOfSquares(values);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Scaled_and_limited_numbers_are_exact(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int length = 1; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> scaled = new(Numbers.Integers(length, length)), limited = new(scaled.Span);
            double[] values = ReferenceArrays.ToDoubles(scaled.Span);
            GradientClipping.Scale(scaled.Span, 0.25f);
            GradientClipping.Clamp(limited.Span, 2.5f);
            scaled.AssertIntact();
            limited.AssertIntact();
            Expect.Exactly([.. values.Select(x => x / 4)], scaled.Span);
            Expect.Exactly([.. values.Select(x => Math.Clamp(x, -2.5, 2.5))], limited.Span);
        }
        float[] unusual = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 1, -1, -0f];
        GradientClipping.Clamp(unusual, 1);
        Assert.Equal([float.NaN, 1, -1, 1, 1, -1, -0f], unusual);
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values) sum += (double)value * value;
        return sum;
    }
}
