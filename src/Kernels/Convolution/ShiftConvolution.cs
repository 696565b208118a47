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

    // What the padded images and deltas of a batch may take for the backward filter pass, which visits them once for each tile.
    private const long BatchFloats = 1 << 22;

    // Vector loads run past the last pixel by up to two vectors of the widest kind.
    private const int Slack = 32;

    public override string Name => "shift";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        pass != ConvPass.BackwardFilter || BatchScratch(shape) <= BatchFloats;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        ShiftedImage layout = new(shape, shape.OutputHeight);
        double idle = layout.Pixels / (double)shape.OutputPlane;
        return shape.MultiplyAdds * idle * (pass == ConvPass.Forward ? 1 : 1.25);
    }

    private static long BatchScratch(in ConvShape shape)
    {
        ShiftedImage layout = new(shape, shape.OutputHeight);
        return shape.N * (layout.Length + ((long)shape.GroupFilters * layout.Pixels));
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + shape.Taps);
        PackFilters(shape, w, scratch.Data);

        int rows = RowsPerStrip(shape);
        int strips = (shape.OutputHeight + rows - 1) / rows;
        int* offsets = (int*)(scratch.Data + shape.FilterLength);
        new ShiftedImage(shape, Math.Min(rows, shape.OutputHeight)).WriteOffsets(offsets);
        Threads.For(shape.N * strips, new ForwardStrips(shape, rows, strips, x, scratch.Data, offsets, bias, activation, y));
    }

    private static void PackFilters(in ConvShape shape, float* w, float* packed)
    {
        long group = (long)shape.GroupFilters * shape.Taps;
        for (int g = 0; g < shape.Groups; g++)
            Packing.PackA(RowBlocks.ForBroadcast(shape.GroupFilters), shape.Taps, 1, new MatrixView(w + (g * group), shape.Taps), packed + (g * group));
    }

    private static int RowsPerStrip(in ConvShape shape)
    {
        ShiftedImage all = new(shape, shape.OutputHeight);
        long halo = all.Rows - shape.OutputHeight;
        long perRow = all.Length / all.Rows;
        return (int)Math.Clamp((StripFloats / perRow) - halo, Math.Min(4, shape.OutputHeight), shape.OutputHeight);
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + shape.GroupFilters);
        PackTransposedTaps(shape, w, scratch.Data);
        Threads.For(shape.N, new BackwardInputImages(shape, dy, scratch.Data, dx));
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
        long pixels = Vectors(layout.Pixels) * Simd.Lanes;
        long imageX = layout.Length, imageDelta = shape.GroupFilters * pixels;
        using Scratch.Lease scratch = Scratch.Take((shape.N * (imageX + imageDelta)) + Slack + shape.Taps);
        float* planes = scratch.Data, deltas = planes + (shape.N * imageX) + Slack;
        int* offsets = (int*)(deltas + (shape.N * imageDelta));
        new Span<float>(planes + (shape.N * imageX), Slack).Clear();
        layout.WriteOffsets(offsets);

        RowBlocks filters = new(shape.GroupFilters, DotKernel.TallestA);
        for (int g = 0; g < shape.Groups; g++)
        {
            Threads.For(shape.N, new GatherImages(shape, layout, g, x, dy, planes, deltas, (int)pixels));
            Threads.For(filters.Count, new FilterTiles(shape, filters, planes, deltas, (int)pixels, offsets, dw + ((long)g * shape.GroupFilters * shape.Taps)));
        }
    }

    private static int Vectors(int pixels) => (pixels + Simd.Lanes - 1) / Simd.Lanes;

    /// <summary>Writes the delta of one channel with the idle columns that the image's layout has, as zeros.</summary>
    private static void SpreadDelta(in ConvShape shape, int rowLength, float* dy, float* spread, int length)
    {
        int width = shape.OutputWidth;
        float* end = spread + length;
        for (int i = 0; i < shape.OutputHeight; i++, dy += width, spread += rowLength)
        {
            new ReadOnlySpan<float>(dy, width).CopyTo(new Span<float>(spread, width));
            float* idle = spread + width;
            float* next = i == shape.OutputHeight - 1 ? end : spread + rowLength;
            while (idle < next) *idle++ = 0;
        }
    }

    private struct ForwardStrips(ConvShape shape, int rows, int strips, float* x, float* packed, int* offsets, float* bias, Activation activation, float* y)
        : IChunks, ISimdKernel
    {
        private int _chunk;

        public void Run(int chunk)
        {
            ForwardStrips strip = this; // a copy: the original is shared by all threads
            strip._chunk = chunk;
            Simd.Run(ref strip);
        }

        public readonly void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            int image = _chunk / strips, firstRow = _chunk % strips * rows;
            int outputRows = Math.Min(rows, shape.OutputHeight - firstRow);
            // Offsets are those of a full strip; a shorter last strip is laid out like one.
            ShiftedImage layout = new(shape, Math.Min(rows, shape.OutputHeight));
            int width = 2 * S.Lanes;
            int pixels = ((outputRows - 1) * layout.RowLength) + shape.OutputWidth;
            int stride = (pixels + width - 1) / width * width;
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupFilters);
            using Scratch.Lease scratch = Scratch.Take(layout.Length + Slack + ((long)RowBlocks.BroadcastTallest * stride));
            float* planes = scratch.Data, tile = planes + layout.Length + Slack;
            new Span<float>(planes + layout.Length, Slack).Clear();

            for (int g = 0; g < shape.Groups; g++)
            {
                layout.Gather(x + (((long)image * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane, firstRow, planes);
                float* filters = packed + ((long)g * shape.GroupFilters * shape.Taps);
                for (int block = 0; block < blocks.Count; block++)
                {
                    int first = blocks.First(block), height = blocks.Height(block);
                    for (int p = 0; p < pixels; p += width)
                        BroadcastKernel.Run<S, V>(height, shape.Taps, filters + ((long)first * shape.Taps), planes + p, offsets, tile + p, stride, accumulate: false);
                    for (int i = 0; i < height; i++)
                    {
                        int k = (g * shape.GroupFilters) + first + i;
                        float* to = y + (((((long)image * shape.K) + k) * shape.OutputHeight) + firstRow) * shape.OutputWidth;
                        WriteRows<S, V>(outputRows, layout.RowLength, tile + (i * stride), bias == null ? 0 : bias[k], to);
                    }
                }
            }
        }

        private readonly void WriteRows<S, V>(int rows, int rowLength, float* from, float bias, float* to)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int i = 0; i < rows; i++)
                Epilogue.Write<S, V>(from + (i * rowLength), shape.OutputWidth, bias, activation, to + (i * shape.OutputWidth));
            Epilogue.Finish(activation, to, rows * shape.OutputWidth);
        }
    }

    private struct BackwardInputImages(ConvShape shape, float* dy, float* packed, float* dx) : IChunks, ISimdKernel
    {
        private int _image;

        public void Run(int chunk)
        {
            BackwardInputImages image = this;
            image._image = chunk;
            Simd.Run(ref image);
        }

        public readonly void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            ShiftedImage layout = new(shape, shape.OutputHeight);
            int width = 2 * S.Lanes;
            int pixels = layout.Pixels, stride = (pixels + width - 1) / width * width;
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupChannels);
            long planesLength = layout.Length + Slack;
            using Scratch.Lease scratch = Scratch.Take(planesLength + ((long)shape.GroupFilters * stride) + shape.GroupFilters);
            float* planes = scratch.Data, delta = planes + planesLength;
            int* offsets = (int*)(delta + ((long)shape.GroupFilters * stride));
            for (int k = 0; k < shape.GroupFilters; k++) offsets[k] = k * stride;

            float* taps = packed;
            for (int g = 0; g < shape.Groups; g++)
            {
                for (int k = 0; k < shape.GroupFilters; k++)
                {
                    float* from = dy + ((((long)_image * shape.K) + (g * shape.GroupFilters) + k) * shape.OutputPlane);
                    SpreadDelta(shape, layout.RowLength, from, delta + (k * stride), stride);
                }
                new Span<float>(planes, (int)planesLength).Clear();
                for (int r = 0; r < shape.R; r++)
                    for (int s = 0; s < shape.S; s++, taps += shape.GroupChannels * shape.GroupFilters)
                        for (int block = 0; block < blocks.Count; block++)
                        {
                            int first = blocks.First(block);
                            float* to = planes + ((long)first * layout.ChannelLength) + layout.TapOffset(r, s);
                            for (int p = 0; p < pixels; p += width)
                                BroadcastKernel.Run<S, V>(
                                    blocks.Height(block), shape.GroupFilters, taps + ((long)first * shape.GroupFilters), delta + p, offsets,
                                    to + p, layout.ChannelLength, accumulate: true);
                        }
                layout.Scatter(planes, dx + ((((long)_image * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane));
            }
        }
    }

    private readonly struct GatherImages(ConvShape shape, ShiftedImage layout, int group, float* x, float* dy, float* planes, float* deltas, int pixels)
        : IChunks
    {
        public void Run(int image)
        {
            layout.Gather(x + ((((long)image * shape.C) + (group * shape.GroupChannels)) * shape.InputPlane), 0, planes + (image * layout.Length));
            for (int k = 0; k < shape.GroupFilters; k++)
            {
                float* from = dy + ((((long)image * shape.K) + (group * shape.GroupFilters) + k) * shape.OutputPlane);
                SpreadDelta(shape, layout.RowLength, from, deltas + ((((long)image * shape.GroupFilters) + k) * pixels), pixels);
            }
        }
    }

    private struct FilterTiles(ConvShape shape, RowBlocks filters, float* planes, float* deltas, int pixels, int* offsets, float* dw) : IChunks, ISimdKernel
    {
        private int _block;

        public void Run(int chunk)
        {
            FilterTiles tiles = this;
            tiles._block = chunk;
            Simd.Run(ref tiles);
        }

        public readonly void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            int first = filters.First(_block);
            RowBlocks taps = new(shape.Taps, DotKernel.TallestB);
            for (int block = 0; block < taps.Count; block++)
            {
                DotKernel.Operands operands = new()
                {
                    A = deltas + ((long)first * pixels),
                    RowStrideA = pixels,
                    ImageStrideA = (nint)shape.GroupFilters * pixels,
                    B = planes,
                    OffsetsB = offsets + taps.First(block),
                    ImageStrideB = (nint)new ShiftedImage(shape, shape.OutputHeight).Length,
                    C = dw + ((long)first * shape.Taps) + taps.First(block),
                    RowStrideC = shape.Taps,
                };
                DotKernel.Run<S, V>(filters.Height(_block), taps.Height(block), shape.N, pixels / S.Lanes, operands);
            }
        }
    }
}
