namespace CnnEngine.Kernels;

/// <summary>
/// The forward convolution of blocks of tiles, <c>Y = Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A</c>: the transformed input of a block, the matrix
/// products <c>[K × C] · [C × tiles] → [K × tiles]</c> with the transformed filters, and their transform back. Along the vector: tiles.
/// </summary>
/// <remarks>
/// While the filters fit the caches, each thread takes blocks of its own and does all three steps in its second-level cache. Larger
/// filters would come from memory for every block and thread: then the blocks are larger, and threads share out each step, so that
/// every filter is read once a block. So they do where all tiles are a single block, which would leave all threads but one idle.
/// </remarks>
internal readonly unsafe struct WinogradProducts<F> where F : struct, IWinogradTile
{
    // What one product's panel of the input, C × tiles, may take of the first-level cache: it meets all filters there.
    private const int PanelFloats = 1 << 13;

    // A block has at least two of the widest vectors, and at most so many tiles as their products take the second-level cache.
    private const int FewestTiles = 32, MostTiles = 128, WidestVector = 16;

    // A panel is this deep; with more channels than that, sums are added up in memory.
    private const int PanelDepth = PanelFloats / FewestTiles;

    // Transformed filters of more floats than this are shared: half of a large third-level cache. Then a block has up to so many tiles.
    private const int LargeFilters = 1 << 22, MostSharedTiles = 256;

    // Channels that a thread transforms at a time where blocks are shared.
    private const int SharedChannels = 16;

    // A little more than a product takes: addresses a power of two apart would push each other out of the cache.
    private const int Slack = 16;

    private readonly WinogradTiles _tiles;
    private readonly WinogradFilters<F> _filters;
    private readonly float* _packed, _x, _bias, _y;
    private readonly Activation _activation;
    private readonly bool _isShared;
    private readonly int _blockTiles;

    public WinogradProducts(in WinogradTiles tiles, in WinogradFilters<F> filters, float* packed, float* x, float* bias, Activation activation, float* y)
    {
        (_tiles, _filters, _activation) = (tiles, filters, activation);
        _packed = packed;
        _x = x;
        _bias = bias;
        _y = y;
        int most = Math.Clamp(PanelFloats / tiles.GroupChannels / FewestTiles * FewestTiles, FewestTiles, MostTiles);
        _isShared = filters.Length > LargeFilters || (tiles.Groups == 1 && tiles.Count <= most);
        // As even as whole vectors, the widest, can be.
        int height = new RowBlocks(tiles.Count, _isShared ? MostSharedTiles : most).Height(0);
        _blockTiles = Math.Min((height + WidestVector - 1) / WidestVector * WidestVector, tiles.Count);
    }

    private int Blocks => (_tiles.Count + _blockTiles - 1) / _blockTiles;

    private int ChannelRanges => (_tiles.GroupChannels + SharedChannels - 1) / SharedChannels;

    /// <summary>How many chunks the largest parallel region has.</summary>
    public int Chunks => _isShared ? Math.Max(F.Products, Math.Max(ChannelRanges, _filters.Blocks.Count)) : _tiles.Groups * Blocks;

    /// <summary>Working memory shared by all threads.</summary>
    public long SharedFloats => _isShared ? LargestBlock.Floats : 0;

    /// <summary>Working memory of one chunk.</summary>
    public long ChunkFloats => LargestBlock.WorkFloats + (_isShared ? 0 : LargestBlock.Floats);

    private Block LargestBlock => new(_tiles, 0, 0, _blockTiles, Simd.Lanes, null);

    /// <summary>Computes all tiles of all images.</summary>
    public void Run()
    {
        if (!_isShared)
        {
            Threads.ForVectors(Chunks, new OwnBlocks(this));
            return;
        }
        using Scratch.Lease scratch = Scratch.Take(SharedFloats);
        for (int i = 0; i < _tiles.Groups * Blocks; i++)
        {
            Block block = BlockAt(i, Simd.Lanes, scratch.Data);
            Threads.ForVectors(ChannelRanges, new InputChannels(this, block));
            Threads.ForVectors(F.Products, new OneProduct(this, block));
            Threads.ForVectors(_filters.Blocks.Count, new OutputFilters(this, block));
        }
    }

    private Block BlockAt(int number, int lanes, float* memory)
    {
        (int group, int block) = Math.DivRem(number, Blocks);
        int first = block * _blockTiles;
        return new Block(_tiles, group, first, Math.Min(_blockTiles, _tiles.Count - first), lanes, memory);
    }

    private readonly struct OwnBlocks(WinogradProducts<F> convolution) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            using Scratch.Lease scratch = Scratch.Take(convolution.ChunkFloats);
            Block block = convolution.BlockAt(chunk, S.Lanes, scratch.Data);
            float* work = scratch.Data + block.Floats;
            convolution.TransformInput<S, V>(block, 0, convolution._tiles.GroupChannels, work);
            for (int product = 0; product < F.Products; product++) convolution.Multiply<S, V>(block, product, work);
            convolution.TransformOutput<S, V>(block, 0, convolution._filters.Blocks.Count, work);
        }
    }

    private readonly struct InputChannels(WinogradProducts<F> convolution, Block block) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            using Scratch.Lease work = Scratch.Take(block.WorkFloats);
            int first = chunk * SharedChannels;
            convolution.TransformInput<S, V>(block, first, Math.Min(first + SharedChannels, convolution._tiles.GroupChannels), work.Data);
        }
    }

    private readonly struct OneProduct(WinogradProducts<F> convolution, Block block) : IVectorChunks
    {
        public void Run<S, V>(int product) where S : struct, ISimd<V> where V : unmanaged
        {
            using Scratch.Lease work = Scratch.Take(block.WorkFloats);
            convolution.Multiply<S, V>(block, product, work.Data);
        }
    }

    private readonly struct OutputFilters(WinogradProducts<F> convolution, Block block) : IVectorChunks
    {
        public void Run<S, V>(int filterBlock) where S : struct, ISimd<V> where V : unmanaged
        {
            using Scratch.Lease work = Scratch.Take(block.WorkFloats);
            convolution.TransformOutput<S, V>(block, filterBlock, filterBlock + 1, work.Data);
        }
    }

    private void TransformInput<S, V>(in Block block, int first, int end, float* work) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = work, half = rows + (2 * F.Inputs * block.Pitch);
        WinogradTiles.Run* runs = (WinogradTiles.Run*)(half + (F.Products * S.Lanes));
        WinogradPixels<F> pixels = new(_tiles, runs, _tiles.WriteRuns(block.First, block.Count, block.Count, runs), S.Lanes, block.Pitch, _x, (float*)(runs + block.Count));
        for (int c = first; c < end; c++)
        {
            pixels.Gather<S, V>(_x + ((((long)block.Group * _tiles.GroupChannels) + c) * _tiles.Height * _tiles.Width), rows);
            for (int vector = 0; vector < block.Vectors; vector++)
                WinogradInput.Transform<F, S, V>(
                    rows + (vector * F.Tile * S.Lanes), block.Pitch, half,
                    block.Input + (vector / 2 * block.PanelLength) + (((2 * c) + (vector % 2)) * S.Lanes), block.InputStride);
        }
    }

    private void Multiply<S, V>(in Block block, int product, float* work) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes, channels = _tiles.GroupChannels;
        int* offsets = (int*)work;
        for (int t = 0; t < Math.Min(PanelDepth, channels); t++) offsets[t] = t * width;
        RowBlocks filters = _filters.Blocks;
        for (int depth = 0; depth < channels; depth += PanelDepth)
            for (int i = 0; i < filters.Count; i++)
            {
                int height = filters.Height(i), steps = Math.Min(PanelDepth, channels - depth);
                float* a = _packed + (block.Group * _filters.Length) + (product * _filters.ProductLength) + _filters.BlockStart(i) + (depth * height);
                float* b = block.Input + (product * block.InputStride) + (depth * width);
                float* c = block.OutputOf(filters.First(i)) + (product * height * block.OutputWidth);
                int vector = 0;
                for (; vector + 1 < block.Vectors; vector += 2, b += block.PanelLength, c += width)
                    BroadcastKernel.Run<S, V>(height, steps, a, b, offsets, c, block.OutputWidth, accumulate: depth > 0);
                if (vector < block.Vectors) BroadcastKernel.RunNarrow<S, V>(height, steps, a, b, offsets, c, block.OutputWidth, accumulate: depth > 0);
            }
    }

    private void TransformOutput<S, V>(in Block block, int first, int end, float* work) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = work, half = rows + (2 * F.Inputs * block.Pitch);
        WinogradTiles.Run* runs = (WinogradTiles.Run*)(half + (F.Products * S.Lanes));
        int runCount = _tiles.WriteRuns(block.First, block.Count, block.Count, runs);
        long plane = (long)_tiles.OutputHeight * _tiles.OutputWidth;
        for (int filters = first; filters < end; filters++)
            for (int i = 0, height = _filters.Blocks.Height(filters); i < height; i++)
            {
                int k = (block.Group * _tiles.GroupFilters) + _filters.Blocks.First(filters) + i;
                float* from = block.OutputOf(_filters.Blocks.First(filters)) + (i * block.OutputWidth);
                for (int vector = 0; vector < block.Vectors; vector++)
                    WinogradOutput.Transform<F, S, V>(
                        from + (vector * S.Lanes), height * block.OutputWidth, half,
                        _bias == null ? 0 : _bias[k], _activation, rows + (vector * F.Tile * S.Lanes), block.Pitch);
                float* row = rows;
                for (int run = 0; run < runCount; row += runs[run++].Length * F.Tile)
                    WinogradOutput.Scatter<F, S, V>(_tiles, runs[run], row, block.Pitch, _activation, _y + ((((long)runs[run].Image * _tiles.Filters) + k) * plane));
            }
    }

    /// <summary>
    /// Some tiles of a group and where their numbers lie. Input: product after product, within a product panels of two vectors of
    /// tiles, channel after channel, as the broadcast kernel reads B. Output: block after block of filters, within a block product
    /// after product.
    /// </summary>
    private readonly struct Block
    {
        private readonly float* _memory;

        public Block(in WinogradTiles tiles, int group, int first, int count, int lanes, float* memory)
        {
            (Group, First, Count) = (group, first, count);
            _memory = memory;
            Vectors = (count + lanes - 1) / lanes;
            int panels = (Vectors + 1) / 2;
            PanelLength = (nint)tiles.GroupChannels * 2 * lanes;
            InputStride = (panels * PanelLength) + Slack;
            OutputWidth = panels * 2 * lanes;
            Floats = F.Products * (InputStride + (OutputWidth * tiles.GroupFilters));
            Pitch = Math.Max((nint)F.Tile * Vectors * lanes, PanelDepth / F.Inputs) + Slack; // offsets, too, are kept in the pixels' place
            WorkFloats = (2 * F.Inputs * Pitch) + (F.Products * lanes) + (4 * count) + WinogradPixels<F>.MemoryLength(count);
        }

        public int Group { get; }

        public int First { get; }

        public int Count { get; }

        public int Vectors { get; }

        public nint PanelLength { get; }

        /// <summary>From one product to the next.</summary>
        public nint InputStride { get; }

        public nint OutputWidth { get; }

        /// <summary>Pixels from one row to the next.</summary>
        public nint Pitch { get; }

        /// <summary>Numbers of input and output.</summary>
        public long Floats { get; }

        /// <summary>Working memory of a transform.</summary>
        public long WorkFloats { get; }

        public float* Input => _memory;

        /// <summary>The output from a block of filters on.</summary>
        public float* OutputOf(int firstFilter) => _memory + (F.Products * (InputStride + (firstFilter * OutputWidth)));
    }
}
