namespace CnnEngine.Kernels;

/// <summary>
/// Convolution as a matrix product with the column matrix, image after image and group after group, T = (C/g)·R·S taps and
/// P = H'·W' pixels:
/// <list type="bullet">
/// <item>Forward: <c>[K × T] · [T × P] → [K × P]</c>, filters times columns.</item>
/// <item>Backward input: <c>[T × K] · [K × P] → [T × P]</c>, transposed filters times delta, whose columns are added back to pixels.</item>
/// <item>Backward filter: <c>[K × P] · [P × T] → [K × T]</c>, delta times transposed columns, summed over images.</item>
/// </list>
/// The columns are made panel by panel (<see cref="Im2Col"/>), as the products need them: the plainest path, for every shape.
/// </summary>
internal sealed unsafe class Im2ColConvolution : ConvAlgorithm
{
    // What a panel of columns or of delta may take of the second-level cache, if that is wide enough for two vectors.
    private const int PanelFloats = 1 << 16;
    private const int NarrowestPanel = 32, WidestPanel = 1024;

    // Into how many pieces the taps are cut in the backward filter pass, for threads to share out, unless they are too small.
    private const int MostTapRanges = 16, FewestTaps = 24;

    public override string Name => "im2col";

    public override bool Supports(ConvPass pass, in ConvShape shape) => true;

    // Measured, in the time of multiply-adds: what a number of the columns takes, if they are gathered, gathered a stride apart, or added back,
    // one of y or δ, one of the filters, and each image and group.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        bool isFilter = pass == ConvPass.BackwardFilter;
        double images = (double)shape.N * shape.Groups, rows = images * shape.Taps * shape.OutputHeight;
        int few = pass == ConvPass.BackwardInput ? shape.Taps : shape.GroupFilters;
        // Dot products read more for each multiply-add, and add up a vector of sums for each number of the gradient.
        double products = shape.MultiplyAdds * (isFilter ? 1.25 : 1) * FewRows(few) * WholeVectors(shape.OutputPlane) / shape.OutputPlane;
        double columns = (pass == ConvPass.BackwardInput ? 72 : shape.Stride == 1 ? 12 : 48) * rows * shape.OutputWidth;
        double filters = (isFilter ? 90.0 * shape.N : 30) * shape.FilterLength, outputs = 10.0 * (isFilter ? TapRanges(shape).Count : 1) * shape.OutputLength;
        double cost = products + columns + (Call * rows) + filters + outputs + (100_000 * images);
        return pass == ConvPass.Forward ? cost : Unshared(shape, isFilter ? shape.Groups * TapRanges(shape).Count : shape.N) * cost;
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads) => pass switch
    {
        ConvPass.Forward => Bytes(shape.FilterLength + shape.Taps, ForwardFloats(shape), shape.N * Panels(shape, PanelPixels(shape.Taps)), threads),
        ConvPass.BackwardInput => Bytes(shape.FilterLength + shape.GroupFilters, BackwardInputFloats(shape), shape.N, threads),
        _ => Bytes(0, BackwardFilterFloats(shape), shape.Groups * TapRanges(shape).Count, threads),
    };

    // Panel and tile of outputs.
    private static long ForwardFloats(in ConvShape shape) =>
        (shape.Taps + (long)RowBlocks.ForBroadcast(shape.GroupFilters).Height(0)) * PanelPixels(shape.Taps);

    // Delta and tile of columns.
    private static long BackwardInputFloats(in ConvShape shape) =>
        (shape.GroupFilters + (long)RowBlocks.ForBroadcast(shape.Taps).Height(0)) * PanelPixels(shape.GroupFilters);

    // Delta, panel and offsets.
    private static long BackwardFilterFloats(in ConvShape shape)
    {
        int taps = TapRanges(shape).Height(0);
        return ((shape.GroupFilters + (long)taps) * PanelPixels(shape.GroupFilters + taps)) + taps;
    }

    private static int PanelPixels(int rows) => Math.Clamp(PanelFloats / rows / NarrowestPanel * NarrowestPanel, NarrowestPanel, WidestPanel);

    private static int Panels(in ConvShape shape, int pixels) => (shape.OutputPlane + pixels - 1) / pixels;

    private static RowBlocks TapRanges(in ConvShape shape) => new(shape.Taps, Math.Max(FewestTaps, (shape.Taps + MostTapRanges - 1) / MostTapRanges));

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + shape.Taps);
        for (int g = 0; g < shape.Groups; g++)
            Packing.PackA(RowBlocks.ForBroadcast(shape.GroupFilters), shape.Taps, 1, new MatrixView(GroupWeights(shape, w, g), shape.Taps), GroupWeights(shape, scratch.Data, g));
        int* offsets = (int*)(scratch.Data + shape.FilterLength);
        WriteOffsets(shape.Taps, PanelPixels(shape.Taps), offsets);
        Threads.ForVectors(shape.N * Panels(shape, PanelPixels(shape.Taps)), new ForwardPanels(shape, x, scratch.Data, offsets, bias, activation, y));
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength + shape.GroupFilters);
        for (int g = 0; g < shape.Groups; g++)
            Packing.PackA(RowBlocks.ForBroadcast(shape.Taps), shape.GroupFilters, 1, new MatrixView(GroupWeights(shape, w, g), shape.Taps).Transposed, GroupWeights(shape, scratch.Data, g));
        int* offsets = (int*)(scratch.Data + shape.FilterLength);
        WriteOffsets(shape.GroupFilters, PanelPixels(shape.GroupFilters), offsets);
        Threads.ForVectors(shape.N, new BackwardInputImages(shape, dy, scratch.Data, offsets, dx));
    }

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        Threads.ForVectors(shape.Groups * TapRanges(shape).Count, new BackwardFilterTaps(shape, x, dy, dw));
        AddDelta(shape, dy, dbias);
    }

    private static float* GroupInput(in ConvShape shape, float* x, int n, int g) =>
        x + ((((long)n * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane);

    private static float* GroupOutput(in ConvShape shape, float* y, int n, int g) =>
        y + ((((long)n * shape.K) + (g * shape.GroupFilters)) * shape.OutputPlane);

    private static float* GroupWeights(in ConvShape shape, float* w, int g) => w + ((long)g * shape.GroupFilters * shape.Taps);

    private static void WriteOffsets(int count, int distance, int* offsets)
    {
        for (int t = 0; t < count; t++) offsets[t] = t * distance;
    }

    private readonly struct ForwardPanels(ConvShape shape, float* x, float* packed, int* offsets, float* bias, Activation activation, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int rowLength = PanelPixels(shape.Taps);
            (int n, int panel) = Math.DivRem(chunk, Panels(shape, rowLength));
            int first = panel * rowLength, pixels = Math.Min(rowLength, shape.OutputPlane - first);
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.GroupFilters);
            using Scratch.Lease scratch = Scratch.Take(ForwardFloats(shape));
            float* columns = scratch.Data, tile = columns + ((long)shape.Taps * rowLength);
            for (int g = 0; g < shape.Groups; g++)
            {
                new Im2Col(shape, 0, shape.Taps, first, pixels).Gather(GroupInput(shape, x, n, g), columns, rowLength);
                for (int block = 0; block < blocks.Count; block++)
                {
                    int height = blocks.Height(block);
                    ShiftStrips.Multiply<S, V>(height, shape.Taps, GroupWeights(shape, packed, g) + ((long)blocks.First(block) * shape.Taps), columns, offsets, pixels, tile, rowLength);
                    for (int i = 0; i < height; i++)
                    {
                        int k = blocks.First(block) + i;
                        float b = bias == null ? 0 : bias[(g * shape.GroupFilters) + k];
                        float* to = GroupOutput(shape, y, n, g) + ((long)k * shape.OutputPlane) + first;
                        RowCopy.Gather<S, V>(1, pixels, tile + (i * rowLength), rowLength, b, activation, to);
                        if (!activation.IsLinearByParts) Activations.Forward(activation, to, to, pixels);
                    }
                }
            }
        }
    }

    private readonly struct BackwardInputImages(ConvShape shape, float* dy, float* packed, int* offsets, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int n) where S : struct, ISimd<V> where V : unmanaged
        {
            int rowLength = PanelPixels(shape.GroupFilters);
            RowBlocks blocks = RowBlocks.ForBroadcast(shape.Taps);
            using Scratch.Lease scratch = Scratch.Take(BackwardInputFloats(shape));
            float* delta = scratch.Data, tile = delta + ((long)shape.GroupFilters * rowLength);
            for (int g = 0; g < shape.Groups; g++)
            {
                float* from = GroupOutput(shape, dy, n, g), to = GroupInput(shape, dx, n, g);
                new Span<float>(to, shape.GroupChannels * shape.InputPlane).Clear();
                for (int first = 0; first < shape.OutputPlane; first += rowLength)
                {
                    int pixels = Math.Min(rowLength, shape.OutputPlane - first);
                    CopyDelta<S, V>(shape, from, first, pixels, delta, rowLength);
                    for (int block = 0; block < blocks.Count; block++)
                    {
                        int tap = blocks.First(block), height = blocks.Height(block);
                        ShiftStrips.Multiply<S, V>(height, shape.GroupFilters, GroupWeights(shape, packed, g) + ((long)tap * shape.GroupFilters), delta, offsets, pixels, tile, rowLength);
                        new Im2Col(shape, tap, height, first, pixels).ScatterAdd(tile, rowLength, to);
                    }
                }
            }
        }
    }

    private readonly struct BackwardFilterTaps(ConvShape shape, float* x, float* dy, float* dw) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            RowBlocks ranges = TapRanges(shape);
            (int g, int range) = Math.DivRem(chunk, ranges.Count);
            int firstTap = ranges.First(range);
            RowBlocks filters = new(shape.GroupFilters, DotKernel.TallestA), taps = new(ranges.Height(range), DotKernel.TallestB);
            int rowLength = PanelPixels(shape.GroupFilters + ranges.Height(0));
            using Scratch.Lease scratch = Scratch.Take(BackwardFilterFloats(shape));
            float* delta = scratch.Data, columns = delta + ((long)shape.GroupFilters * rowLength);
            int* offsets = (int*)(columns + ((long)ranges.Height(0) * rowLength));
            WriteOffsets(ranges.Height(range), rowLength, offsets);

            for (int n = 0; n < shape.N; n++)
                for (int first = 0; first < shape.OutputPlane; first += rowLength)
                {
                    int pixels = Math.Min(rowLength, shape.OutputPlane - first);
                    CopyDelta<S, V>(shape, GroupOutput(shape, dy, n, g), first, pixels, delta, rowLength);
                    new Im2Col(shape, firstTap, ranges.Height(range), first, pixels).Gather(GroupInput(shape, x, n, g), columns, rowLength);
                    for (int block = 0; block < filters.Count * taps.Count; block++)
                    {
                        (int filterBlock, int tapBlock) = Math.DivRem(block, taps.Count);
                        DotKernel.Operands operands = new()
                        {
                            A = delta + ((long)filters.First(filterBlock) * rowLength),
                            RowStrideA = rowLength,
                            StepB = S.Lanes,
                            B = columns,
                            OffsetsB = offsets + taps.First(tapBlock),
                            C = GroupWeights(shape, dw, g) + ((long)filters.First(filterBlock) * shape.Taps) + firstTap + taps.First(tapBlock),
                            RowStrideC = shape.Taps,
                        };
                        DotKernel.Run<S, V>(filters.Height(filterBlock), taps.Height(tapBlock), 1, (pixels + S.Lanes - 1) / S.Lanes, operands);
                    }
                }
        }
    }

    /// <summary>Some pixels of a group's delta, K/g rows followed by zeros.</summary>
    private static void CopyDelta<S, V>(in ConvShape shape, float* from, int first, int pixels, float* delta, int rowLength)
        where S : struct, ISimd<V>
        where V : unmanaged =>
        RowCopy.Spread<S, V>(
            shape.GroupFilters, pixels, from + first, shape.OutputPlane, from + ((long)shape.GroupFilters * shape.OutputPlane), delta, rowLength);
}
