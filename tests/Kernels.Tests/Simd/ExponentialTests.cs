namespace CnnEngine.Kernels.Tests;

/// <summary>eˣ against double precision, on every width.</summary>
public class ExponentialTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void It_is_right_to_one_and_a_half_units_in_the_last_place(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // From below the least number to where the largest is passed.
        float[] x = [.. Numbers.Random(20_000, 1, 20), .. Enumerable.Range(0, 200_001).Select(i => -105 + (i * 0.00097f))];
        float[] y = [.. x];
        Exponential.Run(y);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Math.Exp(x[i]);
            float nearest = (float)expected;
            if (!float.IsFinite(nearest) || !float.IsFinite(y[i]))
            {
                // The largest float is e^88.7228.
                if (x[i] is < 88.7228f or > 88.7229f) Assert.Equal(nearest, y[i]);
                continue;
            }
            double unit = (double)MathF.BitIncrement(nearest) - nearest;
            Assert.InRange(y[i], expected - (1.5 * unit), expected + (1.5 * unit));
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void At_zero_it_is_1_to_the_left_never_more_and_beyond_the_limits_it_is_infinite_or_zero(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // As often as to reach both full vectors and the rest.
        foreach ((float x, float expected) in ((float, float)[])[
            (0, 1), (-0f, 1), (float.Epsilon, 1), (-float.Epsilon, 1), (1e-10f, 1), (-1e-10f, 1), (89, float.PositiveInfinity), (1000, float.PositiveInfinity),
            (float.MaxValue, float.PositiveInfinity), (float.PositiveInfinity, float.PositiveInfinity),
            (-104, 0), (-1000, 0), (float.MinValue, 0), (float.NegativeInfinity, 0), (float.NaN, float.NaN)])
        {
            float[] numbers = [.. Enumerable.Repeat(x, 35)];
            Exponential.Run(numbers);
            Assert.All(numbers, number => Assert.Equal(expected, number));
        }
        float[] left = new float[10_000];
        for (int i = 0; i < left.Length; i++) left[i] = -MathF.Pow(10, -12 + (i * 0.001f));
        Exponential.Run(left);
        Assert.All(left, number => Assert.InRange(number, 0, 1));
    }
}
