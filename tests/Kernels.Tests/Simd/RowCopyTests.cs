using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>
/// Copies of short rows into longer ones and back: vectors may run over the end of a row, but never over the end of the
/// destination, and what lies behind the source is never used.
/// </summary>
public unsafe class RowCopyTests
{
    private static readonly Activation[] Linear = [Activation.Identity, Activation.Relu, Activation.LeakyRelu(0.25f)];

    private static readonly (int FromGap, int ToGap)[] Gaps = [(0, 0), (0, 1), (3, 0), (3, 4), (20, 1), (0, 16), (1, 21)];

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Spread_rows_keep_their_numbers_and_their_gaps_are_zero(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        for (int rows = 0; rows < 5; rows++)
            for (int width = 1; width <= (2 * Simd.Lanes) + 1; width++)
                foreach ((int fromGap, int toGap) in Gaps)
                {
                    // The source ends with the last number of its last row.
                    int fromStride = width + fromGap, toStride = width + toGap;
                    Guarded<float> from = new(Numbers.Integers(Math.Max(0, (rows * fromStride) - fromGap), 1)), to = new(rows * toStride);
                    SpreadCall call = new(rows, width, from.Data, fromStride, from.Data + from.Span.Length, to.Data, toStride);
                    Simd.Run(ref call);
                    to.AssertIntact();
                    for (int i = 0; i < rows; i++)
                        for (int j = 0; j < toStride; j++)
                            Assert.Equal(j < width ? from.Span[(i * fromStride) + j] : 0, to.Span[(i * toStride) + j]);
                }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Gathered_rows_of_every_width_get_bias_and_activation(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        foreach (Activation activation in Linear)
            for (int rows = 0; rows < 5; rows++)
                for (int width = 1; width <= (2 * Simd.Lanes) + 1; width++)
                    foreach ((int gap, _) in Gaps)
                    {
                        // The source may be read a vector beyond its last row, and NaN lies there.
                        int stride = width + gap;
                        Guarded<float> from = new(Numbers.Integers(rows * stride, 1)), to = new(rows * width);
                        foreach (bool streaming in (bool[])[false, true])
                        {
                            to.Span.Clear();
                            GatherCall call = new(rows, width, from.Data, stride, 0.5f, activation, to.Data, streaming);
                            Simd.Run(ref call);
                            to.AssertIntact();
                            for (int i = 0; i < rows; i++)
                                for (int j = 0; j < width; j++)
                                    Assert.Equal(ReferenceActivations.Value(activation, from.Span[(i * stride) + j] + 0.5), to.Span[(i * width) + j]);
                        }
                    }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Filled_rows_leave_what_lies_between_them_alone(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        for (int width = 1; width <= (2 * Simd.Lanes) + 1; width++)
            foreach ((int fromGap, int toGap) in Gaps)
            {
                const int rows = 3, before = 1000;
                int fromStride = width + fromGap, toStride = width + toGap;
                Guarded<float> from = new(Numbers.Integers((rows * fromStride) - fromGap, 1)), to = new((rows * toStride) - toGap);
                to.Span.Fill(before);
                FillCall call = new(rows, width, from.Data, fromStride, to.Data, toStride);
                Simd.Run(ref call);
                to.AssertIntact();
                for (int i = 0; i < to.Span.Length; i++)
                    Assert.Equal(i % toStride < width ? from.Span[(i / toStride * fromStride) + (i % toStride)] : before, to.Span[i]);
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Every_strides_number_is_copied_and_nothing_behind_the_last_is_read(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        for (int stride = 1; stride <= 5; stride++)
            for (int count = 0; count <= (3 * Simd.Lanes) + 1; count++)
                foreach (int behind in (int[])[0, 1, stride, 100])
                {
                    Guarded<float> from = new(Numbers.Integers(Math.Max(0, ((count - 1) * stride) + 1) + behind, 1)), to = new(count);
                    EveryCall call = new(count, from.Data, stride, from.Data + from.Span.Length, to.Data);
                    Simd.Run(ref call);
                    to.AssertIntact();
                    for (int j = 0; j < count; j++) Assert.Equal(from.Span[j * stride], to.Span[j]);
                }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void ReLU_of_minus_infinity_is_zero_and_of_NaN_is_NaN(SimdWidth simd)
    {
        using ForcedWidth forced = new(simd);
        Guarded<float> from = new([.. Enumerable.Range(0, 35).Select(i => i % 2 == 0 ? float.NegativeInfinity : float.NaN)]), to = new(35);
        GatherCall call = new(1, 35, from.Data, 35, 1, Activation.Relu, to.Data);
        Simd.Run(ref call);
        for (int i = 0; i < 35; i++) Assert.Equal(i % 2 == 0 ? 0 : float.NaN, to.Span[i]);
    }

    private readonly struct SpreadCall(int rows, int width, float* from, int fromStride, float* fromEnd, float* to, int toStride) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
            RowCopy.Spread<S, V>(rows, width, from, fromStride, fromEnd, to, toStride);
    }

    private readonly struct GatherCall(int rows, int width, float* from, int stride, float bias, Activation activation, float* to, bool streaming = false) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => RowCopy.Gather<S, V>(rows, width, from, stride, bias, activation, to, streaming);
    }

    private readonly struct FillCall(int rows, int width, float* from, int fromStride, float* to, int toStride) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => RowCopy.Fill<S, V>(rows, width, from, fromStride, to, toStride);
    }

    private readonly struct EveryCall(int count, float* from, int stride, float* fromEnd, float* to) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => RowCopy.Every<S, V>(count, from, stride, fromEnd, to);
    }
}
