using System.Runtime.Intrinsics;
using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The two micro-kernels alone, at each height of a tile and on each width, against their equations.</summary>
public unsafe class MicroKernelTests
{
    private const int Steps = 7;

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Broadcast_kernel_sums_outer_products_at_every_height(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int rows = 1; rows <= 12; rows++)
            foreach ((bool accumulate, int vectors) in new[] { (false, 1), (true, 1), (false, 2), (true, 2) })
            {
                int across = vectors * Simd.Lanes, rowStride = across + 5;
                // Rows of B overlap and come out of order, as the taps of a filter do.
                int[] offsets = [9, 0, 4, 4, 31, 2, 17];
                Guarded<float> a = new(Numbers.Integers(rows * Steps, 1)), b = new(Numbers.Integers(31 + across, 2));
                float[] before = Numbers.Integers((rows * rowStride) - 5, 3);
                Guarded<float> c = new(before);
                fixed (int* pointer = offsets)
                {
                    BroadcastCall call = new(vectors, rows, a.Data, b.Data, pointer, c.Data, rowStride, accumulate);
                    Simd.Run(ref call);
                }
                c.AssertIntact();
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < rowStride && (i * rowStride) + j < before.Length; j++)
                    {
                        float expected = j < across && !accumulate ? 0 : before[(i * rowStride) + j];
                        for (int t = 0; j < across && t < Steps; t++) expected += a.Span[(t * rows) + i] * b.Span[offsets[t] + j];
                        Assert.Equal(expected, c.Span[(i * rowStride) + j]);
                    }
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Broadcast_kernel_reads_A_where_it_lies(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int rows = 1; rows <= 12; rows++)
            foreach ((bool isTransposed, int vectors, int ahead) in new[] { (false, 1, 0), (true, 1, 8), (false, 2, 64), (true, 2, 0), (false, 2, 0), (true, 2, 32) })
            {
                int across = vectors * Simd.Lanes, apart = isTransposed ? rows + 3 : Steps + 2;
                int[] offsets = [9, 0, 4, 4, 31, 2, 17];
                int length = isTransposed ? ((Steps - 1) * apart) + rows : ((rows - 1) * apart) + Steps;
                Guarded<float> a = new(Numbers.Integers(length, 1)), b = new(Numbers.Integers(31 + across, 2)), c = new(rows * across);
                MatrixView view = isTransposed ? new MatrixView(a.Data, apart).Transposed : new MatrixView(a.Data, apart);
                fixed (int* pointer = offsets)
                {
                    InPlaceCall call = new(rows, across, view, b.Data, pointer, ahead == 0 ? default : new MatrixView(b.Data, ahead), c.Data);
                    Simd.Run(ref call);
                }
                c.AssertIntact();
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < across; j++)
                    {
                        float expected = 0;
                        for (int t = 0; t < Steps; t++) expected += a.Span[isTransposed ? (t * apart) + i : (i * apart) + t] * b.Span[offsets[t] + j];
                        Assert.Equal(expected, c.Span[(i * across) + j]);
                    }
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Broadcast_kernel_gives_each_row_its_bias_and_the_activation(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        int[] offsets = [9, 0, 4, 4, 31, 2, 17];
        foreach (Activation activation in new[] { Activation.Identity, Activation.Relu, Activation.LeakyRelu(0.25f), Activation.Tanh })
            foreach ((int vectors, int right, bool hasBias, bool isStreaming) in new[]
                { (1, Simd.Lanes, true, false), (1, Simd.Lanes, false, true), (2, Simd.Lanes, true, true), (2, Simd.Lanes + 7, false, false), (2, 3, true, true) })
                for (int rows = 1; rows <= 12; rows++)
                    CheckEpilogue(rows, vectors, right, offsets, hasBias, activation, isStreaming);
    }

    private static void CheckEpilogue(int rows, int vectors, int right, int[] offsets, bool hasBias, Activation activation, bool isStreaming)
    {
        const int before = 1000;
        int across = vectors * Simd.Lanes, rowStride = across + Simd.Lanes;
        Guarded<float> a = new(Numbers.Integers(rows * Steps, 1)), b = new(Numbers.Integers(31 + right + Simd.Lanes, 2)), biases = new(Numbers.Integers(rows, 3));
        Guarded<float> c = new((rows * rowStride) + Simd.Lanes);
        c.Span.Fill(before);
        int start = 0;
        while ((nuint)(c.Data + start) % (nuint)(Simd.Lanes * sizeof(float)) != 0) start++; // rows that are written past the caches are aligned
        Epilogue epilogue = new(hasBias ? biases.Data : null, activation, isStreaming);
        fixed (int* pointer = offsets)
        {
            EpilogueCall call = new(rows, vectors, a.Data, b.Data, right, pointer, c.Data + start, rowStride, &epilogue);
            Simd.Run(ref call);
        }
        c.AssertIntact();
        for (int place = 0; place < c.Span.Length; place++)
        {
            (int i, int j) = Math.DivRem(Math.Max(0, place - start), rowStride);
            if (place < start || i >= rows || j >= across)
            {
                Assert.Equal(before, c.Span[place]);
                continue;
            }
            double sum = hasBias ? biases.Span[i] : 0;
            for (int t = 0; t < Steps; t++) sum += a.Span[(t * rows) + i] * b.Span[offsets[t] + (j < Simd.Lanes ? j : j - Simd.Lanes + right)];
            Assert.Equal(activation.IsLinearByParts ? ReferenceActivations.Value(activation, sum) : sum, c.Span[place]);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Dot_kernel_adds_sums_over_pixels_and_images_at_every_height(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int rowsA = 1; rowsA <= 4; rowsA++)
            for (int rowsB = 1; rowsB <= 6; rowsB++)
                foreach ((int images, int steps) in new[] { (1, 1), (3, 2), (2, 3) })
                    CheckDot(rowsA, rowsB, images, steps);
    }

    private static void CheckDot(int rowsA, int rowsB, int images, int steps)
    {
        int pixels = steps * Simd.Lanes, rowStrideA = pixels + 3, imageStrideA = (rowsA * rowStrideA) + 2, imageStrideB = pixels + 24, rowStrideC = 8;
        int[] offsets = [0, 11, 3, 20, 7, 3];
        Guarded<float> a = new(Numbers.Integers(images * imageStrideA, 1)), b = new(Numbers.Integers(images * imageStrideB, 2));
        float[] before = Numbers.Integers(((rowsA - 1) * rowStrideC) + rowsB, 3);
        Guarded<float> c = new(before);
        fixed (int* pointer = offsets)
        {
            DotCall call = new(rowsA, rowsB, images, steps, new DotKernel.Operands
            {
                A = a.Data,
                RowStrideA = rowStrideA,
                StepB = Simd.Lanes,
                ImageStrideA = imageStrideA,
                B = b.Data,
                OffsetsB = pointer,
                ImageStrideB = imageStrideB,
                C = c.Data,
                RowStrideC = rowStrideC,
            });
            Simd.Run(ref call);
        }
        c.AssertIntact();
        for (int place = 0; place < before.Length; place++)
        {
            int i = place / rowStrideC, j = place % rowStrideC;
            float expected = before[place];
            for (int n = 0; j < rowsB && n < images; n++)
                for (int p = 0; p < pixels; p++)
                    expected += a.Span[(n * imageStrideA) + (i * rowStrideA) + p] * b.Span[(n * imageStrideB) + offsets[j] + p];
            Assert.Equal(expected, c.Span[place]);
        }
    }

    [Fact]
    public void Heights_that_no_tile_has_are_refused()
    {
        foreach (int rows in new[] { 0, 13 }) AssertRefused("rows", "a tile has 1 to 12 rows", () => Broadcast(rows));
        foreach (int rows in new[] { 0, 5 }) AssertRefused("rowsA", "1 to 4 rows of A", () => Dot(rows, 1));
        foreach (int rows in new[] { 0, 7 }) AssertRefused("rowsB", "1 to 6 rows of B", () => Dot(1, rows));

        static void AssertRefused(string name, string message, Action call) =>
            Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(name, call).Message, StringComparison.Ordinal);
        static void Broadcast(int rows) => new BroadcastCall(2, rows, null, null, null, null, 0, false).Run<Simd128, Vector128<float>>();
        static void Dot(int rowsA, int rowsB) => new DotCall(rowsA, rowsB, 0, 0, default).Run<Simd128, Vector128<float>>();
    }

    private readonly struct BroadcastCall(int vectors, int rows, float* a, float* b, int* offsets, float* c, nint rowStride, bool accumulate) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            if (vectors == 1) BroadcastKernel.RunNarrow<S, V>(rows, Steps, a, b, offsets, c, rowStride, accumulate);
            else BroadcastKernel.Run<S, V>(rows, Steps, a, b, offsets, c, rowStride, accumulate);
        }
    }

    private readonly struct EpilogueCall(int rows, int vectors, float* a, float* b, nint right, int* offsets, float* c, nint rowStride, Epilogue* epilogue) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
            BroadcastKernel.Run<S, V>(rows, vectors, Steps, a, b, right, offsets, c, rowStride, epilogue);
    }

    private readonly struct InPlaceCall(int rows, int across, MatrixView a, float* b, int* offsets, MatrixView ahead, float* c) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
            BroadcastKernel.Run<S, V>(rows, across, Steps, a, b, offsets, ahead, c, across, accumulate: false);
    }

    private readonly struct DotCall(int rowsA, int rowsB, int images, int steps, DotKernel.Operands operands) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => DotKernel.Run<S, V>(rowsA, rowsB, images, steps, operands);
    }
}
