namespace CnnEngine.Kernels;

/// <summary>
/// The fully connected layer on a minibatch: one matrix product a pass. Layouts: input N×I, weights O×I, output N×O, all row-major.
/// </summary>
public static unsafe class FullyConnected
{
    // Up to this many images the weights are read once, where they lie; beyond, packing them pays.
    private const int DotImages = 64;

    /// <summary><c>y = σ(x·Wᵀ + b)</c>: <c>[N × I] · [I × O] → [N × O]</c>.</summary>
    /// <param name="images">N.</param>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="x">N·I numbers.</param>
    /// <param name="w">O·I numbers.</param>
    /// <param name="bias">O numbers, or empty for none.</param>
    /// <param name="activation">σ.</param>
    /// <param name="y">Receives N·O numbers.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void Forward(
        int images, int inputs, int outputs, ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Activation activation, Span<float> y)
    {
        Check(images, inputs, outputs, x.Length, nameof(x), w.Length, nameof(w), y.Length, nameof(y));
        if (!bias.IsEmpty) Require.Length(bias.Length, outputs, nameof(bias));
        for (int n = 0; n < images; n++)
        {
            Span<float> row = y.Slice(n * outputs, outputs);
            if (bias.IsEmpty) row.Clear();
            else bias[..outputs].CopyTo(row);
        }
        fixed (float* px = x, pw = w, py = y)
        {
            if (WeightStreams.PaysForward(images, inputs, outputs)) WeightStreams.Forward(images, inputs, outputs, px, pw, py);
            else if (images <= DotImages)
            {
                DotRows rows = new(images, inputs, outputs, px, pw, py);
                Threads.ForVectors(rows.Chunks, rows);
            }
            else Gemm.Multiply(images, outputs, inputs, 1, new MatrixView(px, inputs), new MatrixView(pw, inputs).Transposed, 1, py, outputs);
            Activations.Forward(activation, py, py, images * outputs);
        }
    }

    /// <summary><c>∂x = δ·W</c>: <c>[N × O] · [O × I] → [N × I]</c>, the notes' <c>Wᵀδ</c> for each image; overwritten.</summary>
    /// <param name="images">N.</param>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="dy">δ = ∂loss/∂z, N·O numbers.</param>
    /// <param name="w">O·I numbers.</param>
    /// <param name="dx">Receives N·I numbers.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void BackwardInput(int images, int inputs, int outputs, ReadOnlySpan<float> dy, ReadOnlySpan<float> w, Span<float> dx)
    {
        Check(images, inputs, outputs, dx.Length, nameof(dx), w.Length, nameof(w), dy.Length, nameof(dy));
        fixed (float* pdy = dy, pw = w, pdx = dx)
        {
            MatrixView weights = new(pw, inputs);
            if (WeightStreams.PaysBackward(images, inputs, outputs)) WeightStreams.BackwardInput(images, inputs, outputs, pdy, pw, pdx);
            else if (FewRows.Pays(images, inputs, outputs, weights))
            {
                FewRows rows = new(images, inputs, outputs, pdy, pw, pdx);
                Threads.ForVectors(rows.Chunks, rows);
            }
            else Gemm.Multiply(images, inputs, outputs, 1, new MatrixView(pdy, outputs), weights, 0, pdx, inputs);
        }
    }

    /// <summary><c>∂W += δᵀ·x</c>: <c>[O × N] · [N × I] → [O × I]</c>, and <c>∂b += Σ_n δ[n]</c>.</summary>
    /// <param name="images">N.</param>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="x">N·I numbers, the forward pass's input.</param>
    /// <param name="dy">δ = ∂loss/∂z, N·O numbers.</param>
    /// <param name="dw">O·I numbers that the gradient is added to.</param>
    /// <param name="dbias">O numbers that the bias's gradient is added to, or empty for none.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void BackwardWeights(
        int images, int inputs, int outputs, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, Span<float> dbias)
    {
        Check(images, inputs, outputs, x.Length, nameof(x), dw.Length, nameof(dw), dy.Length, nameof(dy));
        if (!dbias.IsEmpty) Require.Length(dbias.Length, outputs, nameof(dbias));
        fixed (float* px = x, pdy = dy, pdw = dw)
            Gemm.Multiply(outputs, inputs, images, 1, new MatrixView(pdy, outputs).Transposed, new MatrixView(px, inputs), 1, pdw, inputs);
        if (dbias.IsEmpty) return;
        for (int n = 0; n < images; n++)
            System.Numerics.Tensors.TensorPrimitives.Add(dbias[..outputs], dy.Slice(n * outputs, outputs), dbias[..outputs]);
    }

    /// <summary>Working memory of a pass: what the calling thread takes once, and what each of so many chunks takes, in floats.</summary>
    internal static (long Once, long Each, int Chunks) ScratchFloats(ConvPass pass, int images, int inputs, int outputs)
    {
        MatrixView x = new(null, inputs), w = new(null, inputs), y = new(null, outputs);
        switch (pass)
        {
            case ConvPass.Forward:
                if (WeightStreams.PaysForward(images, inputs, outputs)) return WeightStreams.ScratchFloats(images, inputs, outputs, sums: 1);
                if (images > DotImages) return Gemm.ScratchFloats(images, outputs, inputs, x, w.Transposed);
                DotRows dots = new(images, inputs, outputs, null, null, null);
                return (0, DotRows.ScratchFloats(images), dots.Chunks);
            case ConvPass.BackwardInput:
                if (WeightStreams.PaysBackward(images, inputs, outputs)) return WeightStreams.ScratchFloats(images, inputs, outputs, sums: WeightStreams.Chunks(inputs, outputs));
                if (!FewRows.Pays(images, inputs, outputs, w)) return Gemm.ScratchFloats(images, inputs, outputs, y, w);
                FewRows rows = new(images, inputs, outputs, null, null, null);
                return (0, rows.ScratchFloats, rows.Chunks);
            default:
                return Gemm.ScratchFloats(outputs, inputs, images, y.Transposed, x);
        }
    }

    private static void Check(int images, int inputs, int outputs, int x, string nameX, int w, string nameW, int y, string nameY)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        Require.Length(x, (long)images * inputs, nameX);
        Require.Length(w, (long)outputs * inputs, nameW);
        Require.Length(y, (long)images * outputs, nameY);
    }

    /// <summary><c>y[n, o] += Σ_i x[n, i] · w[o, i]</c> by the dot kernel; a chunk is some rows of W, read once for all images.</summary>
    private readonly struct DotRows(int images, int inputs, int outputs, float* x, float* w, float* y) : IVectorChunks
    {
        private const int BlocksPerChunk = 8;

        // Of many images, features at a time, so that all images' stay in the second-level cache and the weights' in the first: 1.1 to 1.3
        // times as fast with 32 and 64 images. Of few, memory is better read row by row.
        private const int FewImages = 16, Depth = 1024;

        private readonly RowBlocks _weights = new(outputs, DotKernel.TallestB);

        public readonly int Chunks => (_weights.Count + BlocksPerChunk - 1) / BlocksPerChunk;

        public static long ScratchFloats(int images) => (images + DotKernel.TallestB) * Simd.Lanes;

        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int steps = inputs / S.Lanes, rest = inputs % S.Lanes;
            RowBlocks rows = new(images, DotKernel.TallestA);
            using Scratch.Lease scratch = Scratch.Take(ScratchFloats(images));
            float* restX = scratch.Data, restW = restX + (images * S.Lanes);
            CopyRest<S, V>(images, steps * S.Lanes, rest, x, restX);

            int* offsets = stackalloc int[DotKernel.TallestB], offsetsRest = stackalloc int[DotKernel.TallestB];
            for (int j = 0; j < DotKernel.TallestB; j++) (offsets[j], offsetsRest[j]) = (j * inputs, j * S.Lanes);

            int end = Math.Min((chunk + 1) * BlocksPerChunk, _weights.Count), depth = images <= FewImages ? steps : Depth / S.Lanes;
            for (int step = 0; step < steps; step += depth)
                for (int block = chunk * BlocksPerChunk; block < end; block++)
                {
                    int first = _weights.First(block);
                    Multiply<S, V>(rows, x + (step * S.Lanes), inputs, first, _weights.Height(block), w + ((long)first * inputs) + (step * S.Lanes), offsets, Math.Min(depth, steps - step));
                }
            if (rest == 0) return;
            for (int block = chunk * BlocksPerChunk; block < end; block++)
            {
                int first = _weights.First(block), height = _weights.Height(block);
                CopyRest<S, V>(height, steps * S.Lanes, rest, w + ((long)first * inputs), restW);
                Multiply<S, V>(rows, restX, S.Lanes, first, height, restW, offsetsRest, 1);
            }
        }

        private readonly void Multiply<S, V>(in RowBlocks rows, float* x, nint rowStride, int first, int height, float* w, int* offsets, int steps)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int i = 0; i < rows.Count; i++)
            {
                int n = rows.First(i);
                DotKernel.Operands operands = new()
                {
                    A = x + (n * rowStride),
                    RowStrideA = rowStride,
                    StepB = S.Lanes,
                    B = w,
                    OffsetsB = offsets,
                    C = y + ((long)n * outputs) + first,
                    RowStrideC = outputs,
                };
                DotKernel.Run<S, V>(rows.Height(i), height, 1, steps, operands);
            }
        }

        /// <summary>Copies the last numbers of each row, fewer than a vector, into a vector filled up with zeros.</summary>
        private readonly void CopyRest<S, V>(int rows, int first, int rest, float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            if (rest == 0) return;
            for (int i = 0; i < rows; i++, to += S.Lanes)
            {
                S.Store(to, S.Zero);
                for (int j = 0; j < rest; j++) to[j] = from[((long)i * inputs) + first + j];
            }
        }
    }
}
