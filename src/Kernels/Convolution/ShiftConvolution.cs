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
    // Measured, in the time of multiply-adds, forward: what it takes to read a pixel or write a result, to bring a pixel to its phase, and to pack
    // a filter's number.
    private const double Moving = 7, Sorting = 11, PackingFilter = 30;

    // For the filters' gradient: what it takes to lay out a pixel and a number of δ, and to add to a number of the gradient what a panel
    // contributes, in a matrix product or as the sum of a vector.
    private const double LayingOut = 14, Spreading = 15, AddingUp = 15, AddingUpVector = 70;

    public override string Name => "shift";

    public override bool Supports(ConvPass pass, in ConvShape shape) => pass != ConvPass.BackwardInput && new ShiftedImage(shape, shape.OutputHeight).Length < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        ShiftedImage image = new(shape, shape.OutputHeight);
        double laidOut = (double)shape.N * shape.Groups * image.Length, rows = laidOut / image.RowLength;
        // Idle columns are multiplied like others.
        double products = (double)shape.N * shape.K * shape.Taps * FewRows(shape.GroupFilters);
        if (pass == ConvPass.Forward)
        {
            double moved = (Moving * shape.OutputLength) + (shape.Stride == 1 ? Moving * shape.InputLength : Sorting * laidOut);
            double calls = ((double)shape.N * shape.K) + (image.IsImageItself ? 0 : rows / 2);
            double pixelsOfImage = HasWholeRows(shape) ? shape.OutputPlane : WholeVectors(image.Pixels);
            return (products * pixelsOfImage) + moved + (Call * calls) + (PackingFilter * shape.FilterLength) + EachGroup(shape, 10_000);
        }
        ShiftPanels panels = new(shape);
        bool isMatrix = panels.IsMatrixProduct, isInPlace = panels.ReadsDeltaInPlace;
        double pixels = isMatrix || isInPlace ? shape.OutputPlane : (double)panels.Pixels(panels.RowsPerPanel) * panels.PanelsPerImage;
        // Each range of filters lays out the images for itself; a matrix product packs them.
        double layout = (isMatrix ? LayingOut * shape.InputLength : Call * rows / 2) + (shape.Stride == 1 ? 0 : LayingOut * laidOut);
        // A matrix product has the channels along the vector; sums along it cost a little more.
        double perProduct = isMatrix ? 0.9 * WholeVectors(shape.GroupChannels) / shape.GroupChannels : 1.1;
        double panelCount = (isMatrix ? shape.N : Quotient.Up(shape.N, panels.ImagesPerPanel)) * (double)panels.PanelsPerImage;
        return (perProduct * products * pixels) + (panels.Ranges.Count * layout) + (isInPlace ? 0 : Spreading * shape.OutputLength)
            + ((isMatrix ? AddingUp : AddingUpVector) * panelCount * shape.FilterLength) + EachGroup(shape, 10_000);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.BackwardFilter)
        {
            ShiftPanels panels = new(shape);
            return Bytes(panels.PartsFloats + shape.Taps, panels.ChunkFloats, panels.Chunks, threads);
        }
        ShiftStrips strips = StripsOf(shape);
        return Bytes(shape.FilterLength + (2 * shape.Taps), strips.Floats, strips.Chunks, threads);
    }

    /// <summary>Whether an output row is whole vectors: results then go where they belong straight from the registers.</summary>
    private static bool HasWholeRows(in ConvShape shape) => shape.OutputWidth % Simd.Lanes == 0;

    private static ShiftStrips StripsOf(in ConvShape shape) => new(shape, RowBlocks.ForBroadcast(shape.GroupFilters).Height(0));

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + (2 * shape.Taps));
        Threads.For(shape.Groups * RowBlocks.ForBroadcast(shape.GroupFilters).Count, new PackFilters(shape, w, scratch.Data));

        ShiftStrips strips = StripsOf(shape);
        int* offsets = (int*)(scratch.Data + shape.FilterLength);
        strips.Layout(inPlace: false).WriteOffsets(offsets);
        strips.Layout(inPlace: true).WriteOffsets(offsets + shape.Taps);
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

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        throw new NotSupportedException("shifted planes serve the forward and the backward filter pass only");

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        ShiftPanels panels = new(shape);
        using Scratch.Lease scratch = Scratch.Take(panels.PartsFloats + shape.Taps);
        int* offsets = (int*)(scratch.Data + panels.PartsFloats);
        panels.Layout.WriteOffsets(offsets);
        if (panels.Parts.Count == 1)
        {
            Threads.ForVectors(panels.Chunks, new FilterPanels(shape, panels, x, dy, offsets, dw, dbias));
            return;
        }
        float* gradients = scratch.Data, biases = dbias == null ? null : gradients + (panels.Parts.Count * shape.FilterLength);
        Threads.ForVectors(panels.Chunks, new FilterPanels(shape, panels, x, dy, offsets, gradients, biases));
        Sum(shape.FilterLength, gradients, dw);
        if (dbias != null) Sum(shape.K, biases, dbias);

        void Sum(long length, float* parts, float* sum) =>
            Threads.For((int)((length + SumParts.Piece - 1) / SumParts.Piece), new SumParts(length, panels.Parts.Count, parts, sum));
    }

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
                        float* to = y + (((((long)image * shape.K) + filter) * shape.OutputHeight) + row) * shape.OutputWidth;
                        if (HasWholeRows(shape))
                        {
                            Epilogue epilogue = new(bias == null ? null : bias + filter, activation, ShiftStrips.IsStreaming(shape.OutputLength) && (nuint)to % (nuint)sizeof(V) == 0);
                            MultiplyRows<S, V>(height, a, from, taps, rows, to, &epilogue);
                        }
                        else
                        {
                            ShiftStrips.Multiply<S, V>(height, shape.Taps, a, from, taps, strips.Pixels(rows), tile, strips.TileStride);
                            for (int i = 0; i < height; i++) Gather<S, V>(tile + (i * strips.TileStride), rows, filter + i, to + (i * shape.OutputPlane));
                        }
                        if (activation.IsLinearByParts) continue;
                        for (int i = 0; i < height; i++, to += shape.OutputPlane) Activations.Forward(activation, to, to, rows * shape.OutputWidth);
                    }
                    from += rows * strips.RowLength;
                }
            }
            if (ShiftStrips.IsStreaming(shape.OutputLength)) Interlocked.MemoryBarrier();
        }

        /// <summary>
        /// Rows that are whole vectors, two at a time: the results of a row and the next lie side by side, the pixels beyond the idle columns.
        /// </summary>
        private void MultiplyRows<S, V>(int filters, float* a, float* from, int* taps, int rows, float* to, Epilogue* epilogue)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int perRow = shape.OutputWidth / S.Lanes, all = rows * perRow;
            for (int vector = 0; vector < all; vector += 2, to += 2 * S.Lanes)
            {
                (int row, int column) = Math.DivRem(vector, perRow);
                nint right = column + 1 < perRow ? S.Lanes : strips.RowLength - (column * S.Lanes);
                BroadcastKernel.Run<S, V>(
                    filters, Math.Min(2, all - vector), shape.Taps, a, from + (row * strips.RowLength) + (column * S.Lanes), right, taps, to, shape.OutputPlane, epilogue);
            }
        }

        private void Gather<S, V>(float* tile, int rows, int filter, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            int runs = strips.RowLength == shape.OutputWidth ? 1 : rows, width = rows / runs * shape.OutputWidth; // rows without idle columns are one long row
            RowCopy.Gather<S, V>(runs, width, tile, strips.RowLength, bias == null ? 0 : bias[filter], activation, to, ShiftStrips.IsStreaming(shape.OutputLength));
        }
    }

    private readonly struct FilterPanels(ConvShape shape, ShiftPanels panels, float* x, float* dy, int* offsets, float* gradients, float* biases) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int part, int range) = Math.DivRem(chunk, panels.Ranges.Count);
            int firstBlock = panels.Ranges.First(range), endBlock = firstBlock + panels.Ranges.Height(range);
            int firstFilter = panels.Filters.First(firstBlock), endFilter = endBlock == panels.Filters.Count ? shape.GroupFilters : panels.Filters.First(endBlock);
            using Scratch.Lease scratch = Scratch.Take(panels.Floats);
            float* planes = scratch.Data, deltas = planes + panels.ImageFloats;
            for (int g = 0; g < shape.Groups; g++)
            {
                long filter = ((long)part * shape.K) + (g * shape.GroupFilters) + firstFilter;
                float* gradient = gradients + (filter * shape.Taps), bias = biases == null ? null : biases + filter;
                if (panels.Parts.Count > 1)
                {
                    new Span<float>(gradient, (endFilter - firstFilter) * shape.Taps).Clear();
                    if (bias != null) new Span<float>(bias, endFilter - firstFilter).Clear();
                }
                for (int panel = panels.Parts.First(part); panel < panels.Parts.First(part) + panels.Parts.Height(part); panel++)
                {
                    (int group, int strip) = Math.DivRem(panel, panels.PanelsPerImage);
                    int image = group * panels.ImagesPerPanel, images = Math.Min(panels.ImagesPerPanel, shape.N - image);
                    int row = strip * panels.RowsPerPanel, rows = Math.Min(panels.RowsPerPanel, shape.OutputHeight - row);
                    float* from = x + ((((long)image * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane);
                    float* delta = dy + ((((long)image * shape.K) + (g * shape.GroupFilters) + firstFilter) * shape.OutputPlane) + (row * shape.OutputWidth);
                    if (panels.IsMatrixProduct)
                    {
                        for (int n = 0; n < images; n++, from += shape.C * shape.InputPlane, delta += shape.K * shape.OutputPlane)
                            Gemm.MultiplyInChunk<S, V>(
                                endFilter - firstFilter, shape.GroupChannels, rows * shape.W, new MatrixView(delta, shape.OutputPlane),
                                new MatrixView(from + (row * shape.W), shape.InputPlane).Transposed, accumulate: true, gradient, shape.Taps, rowSums: bias);
                        continue;
                    }
                    int pixels = panels.Pixels(rows);
                    for (int n = 0; n < images; n++) panels.Layout.Gather<S, V>(from + ((long)n * shape.C * shape.InputPlane), row, planes + (n * panels.Layout.Length));
                    DotKernel.Operands operands = new() { B = planes, StepB = S.Lanes, RowStrideC = shape.Taps };
                    if (panels.ReadsDeltaInPlace)
                    {
                        operands.A = delta;
                        operands.RowStrideA = shape.OutputPlane;
                        operands.ImageStrideA = shape.OutputWidth;
                        operands.ImageStrideB = panels.Layout.RowLength;
                        Multiply<S, V>(firstBlock, endBlock, rows, shape.OutputWidth / S.Lanes, operands, gradient, bias);
                        continue;
                    }
                    operands.A = deltas;
                    operands.RowStrideA = pixels;
                    operands.ImageStrideA = (nint)(endFilter - firstFilter) * pixels;
                    operands.ImageStrideB = (nint)panels.Layout.Length;
                    for (int n = 0; n < images; n++)
                        SpreadDelta<S, V>(endFilter - firstFilter, rows, delta + ((long)n * shape.K * shape.OutputPlane), deltas + (n * operands.ImageStrideA), pixels);
                    // What the last image's runs reach over meets zeros of the delta, and must not be NaN.
                    new Span<float>(planes + (images * panels.Layout.Length), panels.Overrun).Clear();
                    Multiply<S, V>(firstBlock, endBlock, images, pixels / S.Lanes, operands, gradient, bias);
                }
            }
        }

        /// <summary>Adds a panel's part of the gradient, block of filters by block of taps, and then the block's delta, which is in the caches.</summary>
        private void Multiply<S, V>(int firstBlock, int endBlock, int images, int steps, DotKernel.Operands operands, float* gradient, float* bias)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            RowBlocks taps = new(shape.Taps, DotKernel.TallestB);
            float* delta = operands.A;
            bool isInPlace = panels.ReadsDeltaInPlace;
            for (int block = firstBlock; block < endBlock; block++)
            {
                int filter = panels.Filters.First(block) - panels.Filters.First(firstBlock);
                int height = panels.Filters.Height(block);
                operands.A = delta + (filter * operands.RowStrideA);
                for (int tapBlock = 0; tapBlock < taps.Count; tapBlock++)
                {
                    operands.OffsetsB = offsets + taps.First(tapBlock);
                    operands.C = gradient + ((long)filter * shape.Taps) + taps.First(tapBlock);
                    // The next block's rows of delta come from memory, one during each of the first products: with 27 taps, 1.2 to 1.4 times as fast.
                    operands.Ahead = isInPlace && tapBlock < height ? operands.A + ((height + tapBlock) * operands.RowStrideA) : null;
                    DotKernel.Run<S, V>(height, taps.Height(tapBlock), images, steps, operands);
                }
                if (bias == null) continue;
                // Rows of whole vectors follow each other without a gap, as do those of an image that were spread.
                (int runs, int length) = isInPlace ? (1, images * steps * S.Lanes) : (images, steps * S.Lanes);
                for (int run = 0; run < runs; run++)
                    for (int k = 0; k < height; k++)
                        bias[filter + k] += RowSum.Of<S, V>(operands.A + (run * operands.ImageStrideA) + (k * operands.RowStrideA), length);
            }
        }

        /// <summary>
        /// Writes rows of a delta with the idle columns that the image's layout has, as zeros, each channel in
        /// <paramref name="stride"/> floats.
        /// </summary>
        private void SpreadDelta<S, V>(int filters, int rows, float* from, float* spread, int stride) where S : struct, ISimd<V> where V : unmanaged
        {
            int rowLength = panels.Layout.RowLength, used = rows * rowLength;
            for (int k = 0; k < filters; k++, from += shape.OutputPlane, spread += stride)
            {
                RowCopy.Spread<S, V>(rows, shape.OutputWidth, from, shape.OutputWidth, dy + shape.OutputLength, spread, rowLength);
                new Span<float>(spread + used, stride - used).Clear();
            }
        }
    }

    private readonly struct SumParts(long length, int count, float* parts, float* sum) : IChunks
    {
        public const int Piece = 4096;

        public void Run(int piece)
        {
            long first = (long)piece * Piece;
            int floats = (int)Math.Min(Piece, length - first);
            Span<float> total = new(sum + first, floats);
            for (int part = 0; part < count; part++)
                System.Numerics.Tensors.TensorPrimitives.Add(total, new ReadOnlySpan<float>(parts + (part * length) + first, floats), total);
        }
    }
}
