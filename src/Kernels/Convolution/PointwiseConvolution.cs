namespace CnnEngine.Kernels;

/// <summary>
/// Convolution with 1×1 filters as the matrix product that it is: <c>y = w·x</c> with w K×C and x C×H·W, forward, and
/// <c>∂x = wᵀ·δ</c>, both in place. Images are cut into ranges of pixels, for threads to share out, whose results stay in a core's cache
/// until an activation is applied that the product's <see cref="Epilogue"/> does not know.
/// </summary>
internal sealed unsafe class PointwiseConvolution : ConvAlgorithm
{
    // What a chunk writes, in floats: half of a second-level cache of 1 MB.
    private const int ChunkFloats = 1 << 17;

    public override string Name => "pointwise";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        pass != ConvPass.BackwardFilter && shape is { R: 1, S: 1 } && shape.Stride == 1 && shape.Padding == Padding.Valid;

    // Measured: what a number of x or y takes, one of the filters, which each image's product reads anew, and that product's own.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        int rows = pass == ConvPass.Forward ? shape.GroupFilters : shape.GroupChannels;
        double tiles = (double)shape.Groups * RowBlocks.ForBroadcast(rows).Count * Quotient.Up(shape.OutputPlane, 2 * Simd.Lanes);
        double products = shape.MultiplyAdds * FewRows(rows) * WholeVectors(shape.OutputPlane) / shape.OutputPlane;
        return products + (3.0 * (shape.InputLength + shape.OutputLength)) + (shape.N * ((6.0 * shape.FilterLength) + (Call * tiles) + (15_000.0 * shape.Groups)));
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        (int rows, int depth) = pass == ConvPass.Forward ? (shape.GroupFilters, shape.GroupChannels) : (shape.GroupChannels, shape.GroupFilters);
        RowBlocks ranges = Ranges(shape, rows);
        return Bytes(0, Gemm.ScratchInChunk(rows, Pixels(shape, ranges, 0), depth, new MatrixView(null, shape.OutputPlane)), shape.N * ranges.Count, threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        RowBlocks ranges = Ranges(shape, shape.GroupFilters);
        Threads.ForVectors(shape.N * ranges.Count, new ForwardRange(shape, ranges, x, w, bias, activation, y));
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        RowBlocks ranges = Ranges(shape, shape.GroupChannels);
        Threads.ForVectors(shape.N * ranges.Count, new BackwardRange(shape, ranges, dy, w, dx));
    }

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias) =>
        throw new NotSupportedException("pointwise serves the forward and the backward input pass only");

    /// <summary>
    /// The pixels of an image in ranges of whole tiles, each two vectors wide. Ranges for threads to share out cost one thread a twentieth where
    /// an image is 14×14, and two take 0.6 of its time.
    /// </summary>
    private static RowBlocks Ranges(in ConvShape shape, int rows)
    {
        int width = 2 * Simd.Lanes, tiles = Quotient.Up(shape.OutputPlane, width);
        int ranges = Math.Max(Quotient.Up(tiles, Math.Max(1, ChunkFloats / rows / width)), Math.Min(tiles, Quotient.Up(shape.FewestChunks, shape.N)));
        return new RowBlocks(tiles, Quotient.Up(tiles, ranges));
    }

    private static int First(RowBlocks ranges, int range) => ranges.First(range) * 2 * Simd.Lanes;

    private static int Pixels(in ConvShape shape, RowBlocks ranges, int range) =>
        Math.Min(ranges.Height(range) * 2 * Simd.Lanes, shape.OutputPlane - First(ranges, range));

    private readonly struct ForwardRange(ConvShape shape, RowBlocks ranges, float* x, float* w, float* bias, Activation activation, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int image, int range) = Math.DivRem(chunk, ranges.Count);
            int first = First(ranges, range), pixels = Pixels(shape, ranges, range), plane = shape.OutputPlane;
            // Sums over several panels of channels are taken in memory, and take longer than writing them.
            bool hasEpilogue = activation.IsLinearByParts && shape.GroupChannels <= GemmBlocks.Current.DepthInPlace;
            bool isStreaming = hasEpilogue && ShiftStrips.IsStreaming(shape.OutputLength);
            for (int g = 0; g < shape.Groups; g++)
            {
                int filter = g * shape.GroupFilters;
                float* from = x + ((((long)image * shape.C) + (g * shape.GroupChannels)) * plane) + first;
                float* to = y + ((((long)image * shape.K) + filter) * plane) + first, biases = bias == null ? null : bias + filter;
                MatrixView filters = new(w + ((long)filter * shape.GroupChannels), shape.GroupChannels);
                Epilogue? epilogue = hasEpilogue ? new Epilogue(biases, activation, isStreaming) : null;
                Gemm.MultiplyInChunk<S, V>(
                    shape.GroupFilters, pixels, shape.GroupChannels, filters, new MatrixView(from, plane), accumulate: false, to, plane, epilogue);
                if (hasEpilogue || (bias == null && activation.Kind == ActivationKind.Identity)) continue;
                for (int k = 0; k < shape.GroupFilters; k++, to += plane)
                {
                    Span<float> row = new(to, pixels);
                    if (bias != null) System.Numerics.Tensors.TensorPrimitives.Add(row, biases[k], row);
                    Activations.Forward(activation, to, to, pixels);
                }
            }
            if (isStreaming) Interlocked.MemoryBarrier();
        }
    }

    private readonly struct BackwardRange(ConvShape shape, RowBlocks ranges, float* dy, float* w, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int image, int range) = Math.DivRem(chunk, ranges.Count);
            int first = First(ranges, range), pixels = Pixels(shape, ranges, range), plane = shape.OutputPlane;
            for (int g = 0; g < shape.Groups; g++)
            {
                int filter = g * shape.GroupFilters;
                float* from = dy + ((((long)image * shape.K) + filter) * plane) + first;
                float* to = dx + ((((long)image * shape.C) + (g * shape.GroupChannels)) * plane) + first;
                MatrixView transposed = new MatrixView(w + ((long)filter * shape.GroupChannels), shape.GroupChannels).Transposed;
                Gemm.MultiplyInChunk<S, V>(shape.GroupChannels, pixels, shape.GroupFilters, transposed, new MatrixView(from, plane), accumulate: false, to, plane);
            }
        }
    }
}
