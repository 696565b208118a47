namespace CnnEngine.Kernels;

/// <summary>
/// Convolution as a sum of shifted planes (<see cref="ShiftedImage"/>): each tap of the filter multiplies the whole image,
/// shifted. Every shape, all three passes, no column buffer; only copies of the image and of the delta that fit the cache.
/// <list type="bullet">
/// <item>Forward: <c>y[k, p] = Σ_t w[k, t] · x[offset(t) + p]</c>, the broadcast kernel. Along the vector: pixels.</item>
/// <item>Backward input, its transpose: <c>∂x[c][offset(r, s) + p] += Σ_k w[k, c, r, s] · δ[k, p]</c>, the same kernel one tap at
/// a time, its result added at the tap's shift. No zero of a strided delta is multiplied.</item>
/// <item>Backward filter: <c>∂w[k, t] += Σ_p δ[k, p] · x[offset(t) + p]</c>, the dot kernel.</item>
/// </list>
/// </summary>
internal sealed unsafe class ShiftConvolution : ConvAlgorithm
{
    // What a strip of the padded image may take of the second-level cache.
    private const int StripFloats = 1 << 17;

    // What padded images and deltas may take at once in the backward filter pass, which visits them once for each tile.
    private const long BatchFloats = 1 << 22;

    // Vector loads run past the last pixel by up to two vectors of the widest kind.
    private const int Slack = 32;

    public override string Name => "shift";

    public override bool Supports(ConvPass pass, in ConvShape shape) => new ShiftedImage(shape, shape.OutputHeight).Length < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        // Idle columns are multiplied like others; the backward passes add to memory more often.
        double idle = new ShiftedImage(shape, shape.OutputHeight).Pixels / (double)shape.OutputPlane;
        return shape.MultiplyAdds * idle * (pass == ConvPass.Forward ? 1 : 1.25);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        ShiftedImage all = new(shape, shape.OutputHeight);
        switch (pass)
        {
            case ConvPass.Forward:
                ShiftedImage strip = new(shape, RowsPerStrip(shape));
                return Bytes(shape.FilterLength + shape.Taps, StripFloatsTaken(shape, strip, Simd.Lanes), shape.N * Strips(shape), threads);
            case ConvPass.BackwardInput:
                return Bytes(shape.FilterLength, ImageFloatsTaken(shape, all, Simd.Lanes), shape.N, threads);
            default:
                return Bytes(BatchFloatsTaken(shape, all), 0, 0, threads);
        }
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + shape.Taps);
        PackFilters(shape, w, scratch.Data);

        int rows = RowsPerStrip(shape), strips = Strips(shape);
        int* offsets = (int*)(scratch.Data + shape.FilterLength);
        new ShiftedImage(shape, Math.Min(rows, shape.OutputHeight)).WriteOffsets(offsets);
        Threads.ForVectors(shape.N * strips, new ForwardStrips(shape, rows, strips, x, scratch.Data, offsets, bias, activation, y));
    }

    private static void PackFilters(in ConvShape shape, float* w, float* packed)
    {
        long group = (long)shape.GroupFilters * shape.Taps;
        for (int g = 0; g < shape.Groups; g++)
            Packing.PackA(RowBlocks.ForBroadcast(shape.GroupFilters), shape.Taps, 1, new MatrixView(w + (g * group), shape.Taps), packed + (g * group));
    }

    internal static int RowsPerStrip(in ConvShape shape)
    {
        ShiftedImage all = new(shape, shape.OutputHeight);
        long halo = all.Rows - shape.OutputHeight;
        long perRow = all.Length / all.Rows;
        return (int)Math.Clamp((StripFloats / perRow) - halo, Math.Min(4, shape.OutputHeight), shape.OutputHeight);
    }

    private static int Strips(in ConvShape shape)
    {
        int rows = RowsPerStrip(shape);
        return (shape.OutputHeight + rows - 1) / rows;
    }

    // The padded strip, and a tile of outputs that still has the strip's idle columns.
    private static long StripFloatsTaken(in ConvShape shape, in ShiftedImage strip, int lanes) =>
        strip.Length + Slack + ((long)RowBlocks.ForBroadcast(shape.GroupFilters).Height(0) * RoundUp(strip.Pixels, 2 * lanes)) + Slack;

    // The padded image's gradient, the spread-out delta, and the offsets of its channels.
    private static long ImageFloatsTaken(in ConvShape shape, in ShiftedImage layout, int lanes) =>
        layout.Length + Slack + ((long)shape.GroupFilters * (RoundUp(shape.OutputHeight * layout.RowLength, 2 * lanes) + 1));

    private static int ImagesAtOnce(in ConvShape shape, in ShiftedImage layout) => (int)Math.Clamp(BatchFloats / FloatsPerImage(shape, layout), 1, shape.N);

    private static long FloatsPerImage(in ConvShape shape, in ShiftedImage layout) => layout.Length + ((long)shape.GroupFilters * DeltaPixels(shape, layout));

    private static int DeltaPixels(in ConvShape shape, in ShiftedImage layout) => RoundUp(shape.OutputHeight * layout.RowLength, Simd.Lanes);

    // The last tap's run reaches over the planes by the idle columns of the last row.
    private static int Beyond(in ConvShape shape, in ShiftedImage layout) => Slack + layout.RowLength - shape.OutputWidth;

    // Padded images and spread-out deltas, and the offsets of the taps.
    private static long BatchFloatsTaken(in ConvShape shape, in ShiftedImage layout) =>
        (ImagesAtOnce(shape, layout) * FloatsPerImage(shape, layout)) + Beyond(shape, layout) + shape.Taps;

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength);
        PackTransposedTaps(shape, w, scratch.Data);
        Threads.ForVectors(shape.N, new BackwardInputImages(shape, dy, scratch.Data, dx));
    }

    /// <summary>For each group and tap (r, s) the matrix (C/g)×(K/g) with the numbers w[k, c, r, s], packed for the broadcast kernel.</summary>
    private static void PackTransposedTaps(in ConvShape shape, float* w, float* packed)
    {
        int taps = shape.R * shape.S;
        for (int g = 0; g < shape.Groups; g++, w += (long)shape.GroupFilters * shape.Taps)
            for (int tap = 0; tap < taps; tap++, packed += shape.GroupChannels * shape.GroupFilters)
                Packing.PackA(RowBlocks.ForBroadcast(shape.GroupChannels), shape.GroupFilters, 1, new MatrixView(w + tap, taps, shape.Taps), packed);
    }

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

    private readonly struct ForwardStrips(ConvShape shape, int rows, int strips, float* x, float* packed, int* offsets, float* bias, Activation activation, float* y)
        : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int image = chunk / strips, firstRow = chunk % strips * rows;
            int outputRows = Math.Min(rows, shape.OutputHeight - firstRow);
            // Offsets are those of a full strip; a shorter last strip is laid out like one.
            ShiftedImage layout = new(shape, Math.Min(rows, shape.OutputHeight));
            int width = 2 * S.Lanes;
            int pixels = ((outputRows - 1) * layout.RowLength) + shape.OutputWidth;
            int stride = RoundUp(pixels, width);
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupFilters);
            using Scratch.Lease scratch = Scratch.Take(StripFloatsTaken(shape, layout, S.Lanes));
            float* planes = scratch.Data, tile = planes + layout.Length + Slack;
            new Span<float>(planes + layout.Length, Slack).Clear();

            for (int g = 0; g < shape.Groups; g++)
            {
                long channel = ((long)image * shape.C) + (g * shape.GroupChannels);
                float* from = x + (channel * shape.InputPlane);
                // An image that needs no padding is read where it lies, unless the last vectors would reach beyond the batch.
                bool inPlace = layout.IsImageItself && shape.InputLength - (channel * shape.InputPlane) >= layout.Length + Slack;
                if (!inPlace) layout.Gather<S, V>(from, firstRow, planes);
                float* pixelsFrom = inPlace ? from : planes;
                float* filters = packed + ((long)g * shape.GroupFilters * shape.Taps);
                for (int block = 0; block < blocks.Count; block++)
                {
                    int first = blocks.First(block), height = blocks.Height(block);
                    float* a = filters + ((long)first * shape.Taps);
                    int p = 0;
                    for (; pixels - p > S.Lanes; p += width)
                        BroadcastKernel.Run<S, V>(height, shape.Taps, a, pixelsFrom + p, offsets, tile + p, stride, accumulate: false);
                    if (p < pixels) BroadcastKernel.RunNarrow<S, V>(height, shape.Taps, a, pixelsFrom + p, offsets, tile + p, stride, accumulate: false);
                    for (int i = 0; i < height; i++)
                    {
                        int k = (g * shape.GroupFilters) + first + i;
                        float* to = y + (((((long)image * shape.K) + k) * shape.OutputHeight) + firstRow) * shape.OutputWidth;
                        RowCopy.Gather<S, V>(outputRows, shape.OutputWidth, tile + (i * stride), layout.RowLength, bias == null ? 0 : bias[k], activation, to);
                        if (activation.Kind is ActivationKind.Sigmoid or ActivationKind.Tanh)
                            Activations.Forward(activation, to, to, outputRows * shape.OutputWidth);
                    }
                }
            }
        }
    }

    private readonly struct BackwardInputImages(ConvShape shape, float* dy, float* packed, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int image) where S : struct, ISimd<V> where V : unmanaged
        {
            ShiftedImage layout = new(shape, shape.OutputHeight);
            int width = 2 * S.Lanes;
            int pixels = layout.Pixels, stride = RoundUp(shape.OutputHeight * layout.RowLength, width);
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupChannels);
            long planesLength = layout.Length + Slack;
            using Scratch.Lease scratch = Scratch.Take(ImageFloatsTaken(shape, layout, S.Lanes));
            float* planes = scratch.Data, delta = planes + planesLength;
            int* offsets = (int*)(delta + ((long)shape.GroupFilters * stride));
            for (int k = 0; k < shape.GroupFilters; k++) offsets[k] = k * stride;

            float* taps = packed;
            for (int g = 0; g < shape.Groups; g++)
            {
                SpreadDelta<S, V>(shape, layout.RowLength, dy + ((((long)image * shape.K) + (g * shape.GroupFilters)) * shape.OutputPlane), delta, stride);
                new Span<float>(planes, (int)planesLength).Clear();
                for (int r = 0; r < shape.R; r++)
                    for (int s = 0; s < shape.S; s++, taps += shape.GroupChannels * shape.GroupFilters)
                        for (int block = 0; block < blocks.Count; block++)
                        {
                            int first = blocks.First(block);
                            float* a = taps + ((long)first * shape.GroupFilters);
                            float* to = planes + ((long)first * layout.ChannelLength) + layout.TapOffset(r, s);
                            int p = 0, height = blocks.Height(block);
                            for (; pixels - p > S.Lanes; p += width)
                                BroadcastKernel.Run<S, V>(height, shape.GroupFilters, a, delta + p, offsets, to + p, layout.ChannelLength, accumulate: true);
                            if (p < pixels)
                                BroadcastKernel.RunNarrow<S, V>(height, shape.GroupFilters, a, delta + p, offsets, to + p, layout.ChannelLength, accumulate: true);
                        }
                layout.Scatter<S, V>(planes, dx + ((((long)image * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane));
            }
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
