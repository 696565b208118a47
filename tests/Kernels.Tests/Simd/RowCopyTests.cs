using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Copies of short rows: vectors may run over the end of a row, but never over the end of the destination.</summary>
public unsafe class RowCopyTests
{
    private static readonly Activation[] Linear = [Activation.Identity, Activation.Relu, Activation.LeakyRelu(0.25f)];

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Gathered_rows_of_every_width_get_bias_and_activation(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        foreach (Activation activation in Linear)
            for (int width = 1; width <= (2 * Simd.Lanes) + 1; width++)
            {
                const int RowCount = 3;
                int stride = width + (width % 4);
                // The source may be read a vector beyond its last row.
                float[] from = Numbers.Integers((RowCount * stride) + Simd.Lanes, width);
                Guarded<float> to = new(RowCount * width);
                fixed (float* source = from)
                {
                    GatherCall call = new(RowCount, width, source, stride, 0.5f, activation, to.Data);
                    Simd.Run(ref call);
                }
                to.AssertIntact();
                double[] x = new double[RowCount * width];
                for (int i = 0; i < RowCount; i++)
                    for (int j = 0; j < width; j++) x[(i * width) + j] = from[(i * stride) + j] + 0.5;
                Expect.Near(ReferenceActivations.Forward(activation, x), to.Span, 0, 0);
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void ReLU_of_minus_infinity_is_zero(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        float[] from = [.. Enumerable.Repeat(float.NegativeInfinity, 2 * Simd.Lanes)];
        Guarded<float> to = new(Simd.Lanes);
        fixed (float* source = from)
        {
            GatherCall call = new(1, Simd.Lanes, source, Simd.Lanes, 0, Activation.Relu, to.Data);
            Simd.Run(ref call);
        }
        Assert.All(to.Span.ToArray(), value => Assert.Equal(0, value));
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Spread_rows_keep_their_numbers_and_their_gaps_are_zero(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        for (int width = 1; width <= (2 * Simd.Lanes) + 1; width++)
            foreach (int gap in new[] { 0, 1, 4, Simd.Lanes, Simd.Lanes + 3 })
            {
                const int RowCount = 4;
                int stride = width + gap;
                Guarded<float> from = new(Numbers.Integers(RowCount * width, gap)), to = new(RowCount * stride);
                SpreadCall call = new(RowCount, width, from.Data, from.Data + (RowCount * width), to.Data, stride);
                Simd.Run(ref call);
                to.AssertIntact();
                for (int i = 0; i < RowCount; i++)
                    for (int j = 0; j < stride; j++)
                        Assert.Equal(j < width ? from.Span[(i * width) + j] : 0, to.Span[(i * stride) + j]);
            }
    }

    private readonly struct GatherCall(int rows, int width, float* from, int stride, float bias, Activation activation, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => RowCopy.Gather<S, V>(rows, width, from, stride, bias, activation, to);
    }

    private readonly struct SpreadCall(int rows, int width, float* from, float* fromEnd, float* to, int stride) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => RowCopy.Spread<S, V>(rows, width, from, width, fromEnd, to, stride);
    }
}
