namespace CnnEngine.Kernels;

/// <summary>
/// Convolution as a sum of shifted planes (<see cref="ShiftedImage"/>): each tap of the filter multiplies the whole image,
/// shifted. Every shape, no column buffer; only copies of the image and of the delta that fit the cache.
/// <list type="bullet">
/// <item>Forward: <c>y[k, p] = Σ_t w[k, t] · x[offset(t) + p]</c>, the broadcast kernel. Along the vector: pixels.</item>
/// <item>Backward filter: <c>∂w[k, t] += Σ_p δ[k, p] · x[offset(t) + p]</c>, the dot kernel.</item>
/// </list>
/// </summary>
internal sealed unsafe class ShiftConvolution : ConvAlgorithm
{
    // What padded images and deltas may take at once in the backward filter pass, which visits them once for each tile.
    private const long BatchFloats = 1 << 22;

    // Vector loads run past the last pixel by up to two vectors of the widest kind.
    private const int Slack = ShiftStrips.Slack;

    public override string Name => "shift";

    public override bool Supports(ConvPass pass, in ConvShape shape) => pass != ConvPass.BackwardInput && new ShiftedImage(shape, shape.OutputHeight).Length < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        // Idle columns are multiplied like others; the backward passes add to memory more often.
        double idle = new ShiftedImage(shape, shape.OutputHeight).Pixels / (double)shape.OutputPlane;
        return shape.MultiplyAdds * idle * (pass == ConvPass.Forward ? 1 : 1.25);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.BackwardFilter) return Bytes(BatchFloatsTaken(shape, new ShiftedImage(shape, shape.OutputHeight)), 0, 0, threads);
        ShiftStrips strips = StripsOf(shape);
        return Bytes(shape.FilterLength + (2 * shape.Taps), strips.Floats, strips.Chunks, threads);
    }

    private static ShiftStrips StripsOf(in ConvShape shape) => new(shape, RowBlocks.ForBroadcast(shape.GroupFilters).Height(0));

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + (2 * shape.Taps));
        Threads.For(shape.Groups * RowBlocks.ForBroadcast(shape.GroupFilters).Count, new PackFilters(shape, w, scratch.Data));

        ShiftStrips strips = StripsOf(shape);
        int* offsets = (int*)(scratch.Data + shape.FilterLength), offset = offsets;
        foreach (bool inPlace in (ReadOnlySpan<bool>)[false, true])
            for (int c = 0; c < shape.GroupChannels; c++)
                for (int r = 0; r < shape.R; r++)
                    for (int s = 0; s < shape.S; s++)
                        *offset++ = strips.Offset(c, r, s, inPlace);
        Threads.ForVectors(strips.Chunks, new ForwardStrips(shape, strips, x, scratch.Data, offsets, bias, activation, y));
    }

    private readonly struct PackFilters(ConvShape shape, float* w, float* packed) : IChunks
    {
        public void Run(int chunk)
        {
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupFilters);
            (int g, int block) = Math.DivRem(chunk, blocks.Count);
            long start = (((long)g * shape.GroupFilters) + blocks.First(block)) * shape.Taps;
            Packing.PackA(RowBlocks.ForBroadcast(blocks.Height(block)), shape.Taps, 1, new MatrixView(w + start, shape.Taps), packed + start);
        }
    }

    private static int ImagesAtOnce(in ConvShape shape, in ShiftedImage layout) => (int)Math.Clamp(BatchFloats / FloatsPerImage(shape, layout), 1, shape.N);

    private static long FloatsPerImage(in ConvShape shape, in ShiftedImage layout) => layout.Length + ((long)shape.GroupFilters * DeltaPixels(shape, layout));

    private static int DeltaPixels(in ConvShape shape, in ShiftedImage layout) => RoundUp(shape.OutputHeight * layout.RowLength, Simd.Lanes);

    // The last tap's run reaches over the planes by the idle columns of the last row.
    private static int Beyond(in ConvShape shape, in ShiftedImage layout) => Slack + layout.RowLength - shape.OutputWidth;

    // Padded images and spread-out deltas, and the offsets of the taps.
    private static long BatchFloatsTaken(in ConvShape shape, in ShiftedImage layout) =>
        (ImagesAtOnce(shape, layout) * FloatsPerImage(shape, layout)) + Beyond(shape, layout) + shape.Taps;

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        throw new NotSupportedException("shifted planes serve the forward and the backward filter pass only");

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw)
    {
        ShiftedImage layout = new(shape, shape.OutputHeight);
        int pixels = DeltaPixels(shape, layout), imagesAtOnce = ImagesAtOnce(shape, layout), beyond = Beyond(shape, layout);
        using Scratch.Lease scratch = Scratch.Take(BatchFloatsTaken(shape, layout));
        float* planes = scratch.Data, deltas = planes + (imagesAtOnce * layout.Length) + beyond;
        int* offsets = (int*)(deltas + ((long)imagesAtOnce * shape.GroupFilters * pixels));
        new Span<float>(planes + (imagesAtOnce * layout.Length), beyond).Clear();
        layout.WriteOffsets(offsets);

        RowBlocks filters = new(shape.GroupFilters, DotKernel.TallestA);
        for (int first = 0; first < shape.N; first += imagesAtOnce)
            for (int g = 0; g < shape.Groups; g++)
            {
                int images = Math.Min(imagesAtOnce, shape.N - first);
                float* imagesX = x + ((((long)first * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane);
                float* imagesDelta = dy + ((((long)first * shape.K) + (g * shape.GroupFilters)) * shape.OutputPlane);
                Threads.ForVectors(images, new GatherImages(shape, layout, imagesX, imagesDelta, planes, deltas, pixels));
                float* gradient = dw + ((long)g * shape.GroupFilters * shape.Taps);
                Threads.ForVectors(filters.Count, new FilterTiles(shape, layout.Length, images, filters, planes, deltas, pixels, offsets, gradient));
            }
    }

    /// <summary>
    /// Writes a group's delta with the idle columns that the image's layout has, as zeros, each channel in
    /// <paramref name="stride"/> floats.
    /// </summary>
    private static void SpreadDelta<S, V>(in ConvShape shape, int rowLength, float* dy, float* spread, int stride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        float* end = dy + ((long)shape.GroupFilters * shape.OutputPlane);
        int used = shape.OutputHeight * rowLength;
        for (int k = 0; k < shape.GroupFilters; k++, dy += shape.OutputPlane, spread += stride)
        {
            RowCopy.Spread<S, V>(shape.OutputHeight, shape.OutputWidth, dy, shape.OutputWidth, end, spread, rowLength);
            new Span<float>(spread + used, stride - used).Clear();
        }
    }

    private static int RoundUp(int length, int multiple) => (length + multiple - 1) / multiple * multiple;

    private readonly struct ForwardStrips(ConvShape shape, ShiftStrips strips, float* x, float* packed, int* offsets, float* bias, Activation activation, float* y)
        : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int image, int strip) = Math.DivRem(chunk, strips.StripsPerImage);
            int firstRow = strip * strips.RowsPerStrip, endRow = Math.Min(firstRow + strips.RowsPerStrip, shape.OutputHeight);
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupFilters);
            using Scratch.Lease scratch = Scratch.Take(strips.Floats);
            float* tile = scratch.Data, planes = tile + ((long)blocks.Height(0) * strips.TileStride) + ShiftStrips.Slack;
            for (int g = 0; g < shape.Groups; g++)
            {
                float* from = strips.Read<S, V>(x, image, g, firstRow, planes, out bool inPlace);
                int* taps = inPlace ? offsets + shape.Taps : offsets;
                for (int row = firstRow; row < endRow; row += strips.RowsPerTile)
                {
                    int rows = Math.Min(strips.RowsPerTile, endRow - row);
                    for (int block = 0; block < blocks.Count; block++)
                    {
                        int filter = (g * shape.GroupFilters) + blocks.First(block), height = blocks.Height(block);
                        float* a = packed + ((long)filter * shape.Taps);
                        ShiftStrips.Multiply<S, V>(height, shape.Taps, a, from, taps, strips.Pixels(rows), tile, strips.TileStride);
                        for (int i = 0; i < height; i++)
                            Write<S, V>(tile + (i * strips.TileStride), rows, filter + i, y + (((((long)image * shape.K) + filter + i) * shape.OutputHeight) + row) * shape.OutputWidth);
                    }
                    from += rows * strips.RowLength;
                }
            }
            if (ShiftStrips.IsStreaming(shape.OutputLength)) Interlocked.MemoryBarrier();
        }

        private void Write<S, V>(float* tile, int rows, int filter, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            // Rows without idle columns are one long row.
            int runs = strips.RowLength == shape.OutputWidth ? 1 : rows, width = rows / runs * shape.OutputWidth;
            RowCopy.Gather<S, V>(runs, width, tile, strips.RowLength, bias == null ? 0 : bias[filter], activation, to, ShiftStrips.IsStreaming(shape.OutputLength));
            if (activation.Kind is ActivationKind.Sigmoid or ActivationKind.Tanh) Activations.Forward(activation, to, to, rows * shape.OutputWidth);
        }
    }

    private readonly struct GatherImages(ConvShape shape, ShiftedImage layout, float* x, float* dy, float* planes, float* deltas, int pixels) : IVectorChunks
    {
        public void Run<S, V>(int image) where S : struct, ISimd<V> where V : unmanaged
        {
            layout.Gather<S, V>(x + ((long)image * shape.C * shape.InputPlane), 0, planes + (image * layout.Length));
            float* to = deltas + ((long)image * shape.GroupFilters * pixels);
            SpreadDelta<S, V>(shape, layout.RowLength, dy + ((long)image * shape.K * shape.OutputPlane), to, pixels);
        }
    }

    private readonly struct FilterTiles(
        ConvShape shape, long imageLength, int images, RowBlocks filters, float* planes, float* deltas, int pixels, int* offsets, float* dw)
        : IVectorChunks
    {
        public void Run<S, V>(int filterBlock) where S : struct, ISimd<V> where V : unmanaged
        {
            int first = filters.First(filterBlock);
            RowBlocks taps = new(shape.Taps, DotKernel.TallestB);
            for (int block = 0; block < taps.Count; block++)
            {
                DotKernel.Operands operands = new()
                {
                    A = deltas + ((long)first * pixels),
                    RowStrideA = pixels,
                    StepB = S.Lanes,
                    ImageStrideA = (nint)shape.GroupFilters * pixels,
                    B = planes,
                    OffsetsB = offsets + taps.First(block),
                    ImageStrideB = (nint)imageLength,
                    C = dw + ((long)first * shape.Taps) + taps.First(block),
                    RowStrideC = shape.Taps,
                };
                DotKernel.Run<S, V>(filters.Height(filterBlock), taps.Height(block), images, pixels / S.Lanes, operands);
            }
        }
    }
}
