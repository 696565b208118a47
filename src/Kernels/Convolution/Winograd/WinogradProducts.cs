namespace CnnEngine.Kernels;

/// <summary>
/// The forward convolution of blocks of tiles, <c>Y = Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A</c>: the transformed input of a block, 36 matrix
/// products <c>[K × C] · [C × tiles] → [K × tiles]</c> with the transformed filters, and their transform back. Along the vector: tiles.
/// </summary>
internal readonly unsafe struct WinogradProducts : IVectorChunks
{
    private const int Products = WinogradTransforms.Products, Tile = WinogradTransforms.Tile, Inputs = WinogradTransforms.Inputs;

    // What one product's panel of the input, C × tiles, may take of the first-level cache: it meets all filters there.
    private const int PanelFloats = 1 << 13;

    // A block has at least two of the widest vectors, and at most so many tiles as its 36 products take the second-level cache.
    private const int FewestTiles = 32, MostTiles = 128;

    // A panel is this deep; with more channels than that, sums are added up in memory.
    private const int PanelDepth = PanelFloats / FewestTiles;

    // A little more than a product takes: addresses a power of two apart would push each other out of the cache.
    private const int Slack = 16;

    private readonly WinogradTiles _tiles;
    private readonly WinogradFilters _filters;
    private readonly float* _packed, _x, _bias, _y;
    private readonly Activation _activation;
    private readonly int _blockTiles;

    public WinogradProducts(in WinogradTiles tiles, in WinogradFilters filters, float* packed, float* x, float* bias, Activation activation, float* y)
    {
        (_tiles, _filters, _activation) = (tiles, filters, activation);
        _packed = packed;
        _x = x;
        _bias = bias;
        _y = y;
        int tilesOfPanel = PanelFloats / tiles.GroupChannels / FewestTiles * FewestTiles;
        _blockTiles = Math.Min(Math.Clamp(tilesOfPanel, FewestTiles, MostTiles), tiles.Count);
    }

    private int Blocks => (_tiles.Count + _blockTiles - 1) / _blockTiles;

    public int Chunks => _tiles.Groups * Blocks;

    /// <summary>Working memory of one block.</summary>
    public long Floats => new Layout(_tiles, _blockTiles, Simd.Lanes).Floats;

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        int group = chunk / Blocks, first = chunk % Blocks * _blockTiles, count = Math.Min(_blockTiles, _tiles.Count - first);
        Layout layout = new(_tiles, count, S.Lanes);
        using Scratch.Lease scratch = Scratch.Take(layout.Floats);
        float* input = scratch.Data, output = input + (Products * layout.InputStride), rows = output + (Products * layout.OutputWidth * _tiles.GroupFilters);
        float* half = rows + (2 * Inputs * layout.Pitch);
        WinogradTiles.Run* runs = (WinogradTiles.Run*)(half + (Products * S.Lanes));
        int runCount = _tiles.WriteRuns(first, count, count, runs);

        TransformInput<S, V>(layout, group, new WinogradPixels(_tiles, runs, runCount, S.Lanes, layout.Pitch, _x, (float*)(runs + count)), rows, half, input);
        int* offsets = (int*)rows;
        for (int t = 0; t < Math.Min(PanelDepth, _tiles.GroupChannels); t++) offsets[t] = t * 2 * S.Lanes;
        Multiply<S, V>(layout, _packed + (group * _filters.Length), input, offsets, output);
        TransformOutput<S, V>(layout, group, output, half, rows, runs, runCount);
    }

    private void TransformInput<S, V>(in Layout layout, int group, in WinogradPixels pixels, float* rows, float* half, float* input)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        float* channel = _x + ((long)group * _tiles.GroupChannels * _tiles.Height * _tiles.Width);
        for (int c = 0; c < _tiles.GroupChannels; c++, channel += _tiles.Height * _tiles.Width)
        {
            pixels.Gather<S, V>(channel, rows);
            for (int vector = 0; vector < layout.Vectors; vector++)
                WinogradInput.Transform<S, V>(
                    rows + (vector * Tile * S.Lanes), layout.Pitch, half,
                    input + (vector / 2 * layout.PanelLength) + (((2 * c) + (vector % 2)) * S.Lanes), layout.InputStride);
        }
    }

    private void Multiply<S, V>(in Layout layout, float* packed, float* input, int* offsets, float* output) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes, channels = _tiles.GroupChannels;
        RowBlocks blocks = _filters.Blocks;
        for (int product = 0; product < Products; product++)
            for (int depth = 0; depth < channels; depth += PanelDepth)
                for (int block = 0; block < blocks.Count; block++)
                {
                    int height = blocks.Height(block), steps = Math.Min(PanelDepth, channels - depth);
                    float* a = packed + (product * _filters.ProductLength) + _filters.BlockStart(block) + (depth * height);
                    float* b = input + (product * layout.InputStride) + (depth * width);
                    float* c = output + layout.OutputStart(blocks, block) + (product * height * layout.OutputWidth);
                    int vector = 0;
                    for (; vector + 1 < layout.Vectors; vector += 2, b += layout.PanelLength, c += width)
                        BroadcastKernel.Run<S, V>(height, steps, a, b, offsets, c, layout.OutputWidth, accumulate: depth > 0);
                    if (vector < layout.Vectors)
                        BroadcastKernel.RunNarrow<S, V>(height, steps, a, b, offsets, c, layout.OutputWidth, accumulate: depth > 0);
                }
    }

    private void TransformOutput<S, V>(in Layout layout, int group, float* output, float* half, float* rows, WinogradTiles.Run* runs, int runCount)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        RowBlocks blocks = _filters.Blocks;
        long plane = (long)_tiles.OutputHeight * _tiles.OutputWidth;
        for (int block = 0; block < blocks.Count; block++)
            for (int i = 0; i < blocks.Height(block); i++)
            {
                int k = (group * _tiles.GroupFilters) + blocks.First(block) + i;
                float* from = output + layout.OutputStart(blocks, block) + (i * layout.OutputWidth);
                for (int vector = 0; vector < layout.Vectors; vector++)
                    WinogradOutput.Transform<S, V>(
                        from + (vector * S.Lanes), blocks.Height(block) * layout.OutputWidth, half,
                        _bias == null ? 0 : _bias[k], _activation, rows + (vector * Tile * S.Lanes), layout.Pitch);
                float* row = rows;
                for (int run = 0; run < runCount; row += runs[run++].Length * Tile)
                    WinogradOutput.Scatter<S, V>(_tiles, runs[run], row, layout.Pitch, _activation, _y + ((((long)runs[run].Image * _tiles.Filters) + k) * plane));
            }
    }

    /// <summary>
    /// Where a block's numbers lie. Input: product after product, within a product panels of two vectors of tiles, channel after
    /// channel, as the broadcast kernel reads B. Output: block after block of filters, within a block product after product.
    /// </summary>
    private readonly struct Layout
    {
        public Layout(in WinogradTiles tiles, int count, int lanes)
        {
            Vectors = (count + lanes - 1) / lanes;
            int panels = (Vectors + 1) / 2;
            PanelLength = (nint)tiles.GroupChannels * 2 * lanes;
            InputStride = (panels * PanelLength) + Slack;
            OutputWidth = panels * 2 * lanes;
            Pitch = Math.Max((nint)Tile * Vectors * lanes, PanelDepth / Inputs) + Slack; // the offsets, too, are kept in the pixels' place
            Floats = (Products * (InputStride + (OutputWidth * tiles.GroupFilters) + lanes)) + (2 * Inputs * Pitch) + (4 * count) + WinogradPixels.MemoryLength(count);
        }

        public int Vectors { get; }

        public nint PanelLength { get; }

        /// <summary>From one product to the next.</summary>
        public nint InputStride { get; }

        public nint OutputWidth { get; }

        /// <summary>Pixels from one row to the next.</summary>
        public nint Pitch { get; }

        public long Floats { get; }

        public nint OutputStart(RowBlocks blocks, int block) => blocks.First(block) * Products * OutputWidth;
    }
}
