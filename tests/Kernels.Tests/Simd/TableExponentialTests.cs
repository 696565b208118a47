namespace CnnEngine.Kernels.Tests;

/// <summary>eˣ by a table against double precision, on every width.</summary>
public class TableExponentialTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void It_is_right_to_one_and_a_half_units_in_the_last_place(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] x = [87, -87, 80, -80, .. Numbers.Random(20_000, 1, 2), .. Enumerable.Range(0, 200_001).Select(i => -87 + (i * 0.00087f))];
        Array.Resize(ref x, x.Length / 16 * 16);
        float[] y = Powers(x);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Math.Exp(x[i]), unit = (double)MathF.BitIncrement((float)expected) - (float)expected;
            Assert.InRange(y[i], expected - (1.5 * unit), expected + (1.5 * unit));
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void At_zero_it_is_1_NaN_stays_and_beyond_the_table_it_is_what_its_ends_are(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] y = Powers([
            0, -0f, float.NaN, -87, -87.1f, -1000, float.MinValue, float.NegativeInfinity, 88, 88.1f, 1000, float.MaxValue, float.PositiveInfinity, 0, 0, 0]);
        Assert.Equal([1, 1, float.NaN], y[..3]);
        Assert.All(y[3..8], power => Assert.Equal(y[3], power));
        Assert.All(y[8..13], power => Assert.Equal(y[8], power));
        Assert.InRange(y[3], 1.6e-38f, 1.7e-38f);
        Assert.InRange(y[8], 1.6e38f, 1.7e38f);
    }

    private static float[] Powers(float[] x)
    {
        float[] y = new float[x.Length];
        Call call = new(x, y);
        Simd.Run(ref call);
        return y;
    }

    private readonly struct Call(float[] x, float[] y) : ISimdKernel
    {
        public unsafe void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            TableExponential<S, V> exponential = new(TableExponential<S, V>.Roots());
            fixed (float* from = x, to = y)
                for (int i = 0; i < x.Length; i += S.Lanes) S.Store(to + i, exponential.Of(S.Load(from + i)));
        }
    }
}
