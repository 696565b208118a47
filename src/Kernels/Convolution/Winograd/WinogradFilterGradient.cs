using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The filters' gradient, <c>∂g = Gᵀ [Σ (Bᵀ d B) ⊙ (A δ Aᵀ)] G</c>, summed over the tiles of all images: the transpose of the
/// forward pass in g. Each of a tile's products is <c>[K × Q] · [Q × C] → [K × C]</c> over Q tiles. One parallel region transforms,
/// the next multiplies, so that each product's sum has one writer and no thread an accumulator of its own.
/// </summary>
internal readonly unsafe struct WinogradFilterGradient<F> where F : struct, IWinogradTile
{
    // A's row for the point 1 is all ones: where both axes have it, A δ Aᵀ is the sum of the tile's δ.
    private static int ProductOfSums => F.Inputs + 1;

    // What the transformed tiles of both factors may take: few tiles, and the sums are read and written for too little; many, and
    // the tiles do not stay in the caches until they are multiplied. The fewest have so many products: 64 tiles of 36, 144 of 16.
    private const int BlockFloats = 1 << 20, FewestProducts = 2304, MostTiles = 256, TilesOfBlocks = 32;

    // The longest run of tiles that is transposed at once, so that its pixels stay in the first-level cache.
    private const int LongestRun = 8;

    // Behind a block of filters, whose last vector reaches over its end; and between products, which a power of two would make
    // push each other out of the cache.
    private const int Slack = 16;

    private readonly WinogradTiles _tiles;
    private readonly long _deltaLength;
    private readonly RowBlocks _filterBlocks;
    private readonly int _vectors, _panels, _most;
    private readonly nint _inputStride, _deltaStride, _sumStride;
    private readonly float* _x, _dy, _input, _delta, _sums;
    private readonly WinogradTiles.Run* _runs;
    private readonly int* _offsets;

    // The group and the tiles at hand.
    private int Group { get; init; }

    private int Count { get; init; }

    private int RunCount { get; init; }

    private bool Accumulate { get; init; }

    private float* Biases { get; init; }

    /// <param name="shape">The geometry of the forward pass.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="dy">δ, N·K·H'·W' numbers.</param>
    /// <param name="memory">Working memory of <see cref="Floats"/> numbers.</param>
    public WinogradFilterGradient(in ConvShape shape, float* x, float* dy, float* memory)
    {
        _tiles = WinogradTiles.Forward(shape, F.Tile);
        _deltaLength = shape.OutputLength;
        _x = x;
        _dy = dy;
        int tilesOfBlock = BlockFloats / F.Products / (shape.GroupChannels + shape.GroupFilters) / TilesOfBlocks * TilesOfBlocks;
        _most = Math.Min(Math.Clamp(tilesOfBlock, FewestProducts / F.Products, MostTiles), _tiles.Count);
        _filterBlocks = RowBlocks.ForBroadcast(shape.GroupFilters);
        _vectors = (shape.GroupChannels + Simd.Lanes - 1) / Simd.Lanes;
        _panels = (_vectors + 1) / 2;
        int width = 2 * Simd.Lanes;
        _inputStride = ((nint)_panels * _most * width) + Slack;
        _deltaStride = ((nint)_most * shape.GroupFilters) + ((_filterBlocks.Count + 1) * Slack);
        _sumStride = ((nint)shape.GroupFilters * _panels * width) + Slack;

        _input = memory;
        _delta = _input + (F.Products * _inputStride);
        _sums = _delta + (F.Products * _deltaStride);
        _runs = (WinogradTiles.Run*)(_sums + (F.Products * _sumStride));
        _offsets = (int*)(_runs + _most);
    }

    /// <summary>Working memory of the whole.</summary>
    public long Floats => (F.Products * (_inputStride + _deltaStride + _sumStride)) + (5 * _most);

    /// <summary>Working memory of one chunk.</summary>
    public static long ChunkFloats(int lanes) => (F.Inputs * Pitch(lanes)) + (F.Products * lanes);

    public int Chunks => _vectors + _filterBlocks.Count;

    /// <summary><c>∂w += …</c> and, if not null, <c>∂b += Σ δ</c>, for all groups.</summary>
    public void Run(float* dw, float* dbias)
    {
        for (int q = 0; q < _most; q++) _offsets[q] = q * 2 * Simd.Lanes;
        for (int group = 0; group < _tiles.Groups; group++)
        {
            for (int first = 0; first < _tiles.Count; first += _most)
            {
                int count = Math.Min(_most, _tiles.Count - first);
                WinogradFilterGradient<F> block = this with
                {
                    Group = group,
                    Count = count,
                    RunCount = _tiles.WriteRuns(first, count, LongestRun, _runs),
                    Accumulate = first > 0,
                    Biases = dbias == null ? null : dbias + (group * _tiles.GroupFilters),
                };
                Threads.ForVectors(Chunks, new Transforms(block));
                Threads.ForVectors(F.Products, new Sums(block));
            }
            Threads.ForVectors(_tiles.GroupFilters, new Gradients(this, dw + ((nint)group * _tiles.GroupFilters * _tiles.GroupChannels * 9)));
        }
    }

    // The distance of two rows of a run's pixels, and a vector's pixels more, up to which a transpose may reach.
    private static nint Pitch(int lanes) => ((F.Tile * LongestRun) + 2 + lanes) * lanes;

    /// <summary>Transforms a vector of input channels or a block of filters' deltas.</summary>
    private readonly struct Transforms(WinogradFilterGradient<F> block) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            if (chunk < block._vectors) block.TransformInput<S, V>(chunk);
            else block.TransformDelta<S, V>(chunk - block._vectors);
        }
    }

    private void TransformInput<S, V>(int vector) where S : struct, ISimd<V> where V : unmanaged
    {
        nint pitch = Pitch(S.Lanes);
        using Scratch.Lease scratch = Scratch.Take(ChunkFloats(S.Lanes));
        float* pixels = scratch.Data, half = pixels + (F.Inputs * pitch);
        float* to = _input + ((nint)vector / 2 * Count * 2 * S.Lanes) + (vector % 2 * S.Lanes);
        int first = vector * S.Lanes, channels = Math.Min(S.Lanes, _tiles.GroupChannels - first);
        for (int i = 0; i < RunCount; i++)
        {
            WinogradTiles.Run run = _runs[i];
            float* planes = _x + (((((long)run.Image * _tiles.Groups) + Group) * _tiles.GroupChannels) + first) * _tiles.Height * _tiles.Width;
            WinogradChannels.Planes image = new((nint)planes, channels, _tiles.Height, _tiles.Width, (nint)(_x + _tiles.InputLength), Ahead(i, _tiles.Channels, _tiles.Height, _tiles.Width));
            WinogradChannels.Gather<S, V>(image, (run.Row * F.Tile) - _tiles.Top, (run.Column * F.Tile) - _tiles.Left, F.Inputs, (run.Length * F.Tile) + 2, pixels, pitch);
            for (int j = 0; j < run.Length; j++, to += 2 * S.Lanes)
                WinogradChannels.TransformInput<F, S, V>(pixels + (j * F.Tile * S.Lanes), pitch, half, to, _inputStride);
        }
    }

    private void TransformDelta<S, V>(int block) where S : struct, ISimd<V> where V : unmanaged
    {
        nint pitch = Pitch(S.Lanes);
        using Scratch.Lease scratch = Scratch.Take(ChunkFloats(S.Lanes));
        float* pixels = scratch.Data, half = pixels + (F.Inputs * pitch);
        int rows = _filterBlocks.Height(block), q = 0;
        float* blockTo = _delta + DeltaBlock(block);
        for (int i = 0; i < RunCount; i++)
        {
            WinogradTiles.Run run = _runs[i];
            // Backwards: a block's last vector reaches over its end into the next tile, which its first vectors then overwrite.
            for (int k = (rows - 1) / S.Lanes * S.Lanes; k >= 0; k -= S.Lanes)
            {
                int first = _filterBlocks.First(block) + k, filters = Math.Min(S.Lanes, rows - k);
                float* planes = _dy + (((((long)run.Image * _tiles.Groups) + Group) * _tiles.GroupFilters) + first) * _tiles.OutputHeight * _tiles.OutputWidth;
                WinogradChannels.Planes image = new((nint)planes, filters, _tiles.OutputHeight, _tiles.OutputWidth, (nint)(_dy + _deltaLength), Ahead(i, _tiles.Filters, _tiles.OutputHeight, _tiles.OutputWidth));
                WinogradChannels.Gather<S, V>(image, run.Row * F.Tile, run.Column * F.Tile, F.Tile, run.Length * F.Tile, pixels, pitch);
                for (int j = 0; j < run.Length; j++)
                    WinogradChannels.TransformDelta<F, S, V>(pixels + (j * F.Tile * S.Lanes), pitch, half, blockTo + ((q + j) * rows) + k, _deltaStride);
            }
            q += run.Length;
        }
    }

    // How far behind a run's pixels the next run's lie.
    private nint Ahead(int run, int channels, int height, int width)
    {
        if (run + 1 == RunCount) return 0;
        WinogradTiles.Run here = _runs[run], next = _runs[run + 1];
        return ((next.Image - here.Image) * (nint)channels * height * width) + ((next.Row - here.Row) * F.Tile * width) + ((next.Column - here.Column) * F.Tile);
    }

    private nint DeltaBlock(int block) => ((nint)_filterBlocks.First(block) * Count) + (block * Slack);

    private readonly struct Sums(WinogradFilterGradient<F> block) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged => block.Multiply<S, V>(chunk);
    }

    private void Multiply<S, V>(int product) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes;
        nint rowStride = _panels * width;
        for (int panel = 0; panel < _panels; panel++)
        {
            float* b = _input + (product * _inputStride) + ((nint)panel * Count * width);
            bool isNarrow = (2 * panel) + 1 == _vectors;
            for (int block = 0; block < _filterBlocks.Count; block++)
            {
                float* a = _delta + (product * _deltaStride) + DeltaBlock(block);
                float* c = _sums + (product * _sumStride) + (_filterBlocks.First(block) * rowStride) + (panel * width);
                int height = _filterBlocks.Height(block);
                if (isNarrow) BroadcastKernel.RunNarrow<S, V>(height, Count, a, b, _offsets, c, rowStride, Accumulate);
                else BroadcastKernel.Run<S, V>(height, Count, a, b, _offsets, c, rowStride, Accumulate);
            }
        }
        if (product != ProductOfSums || Biases == null) return;
        for (int block = 0; block < _filterBlocks.Count; block++)
            AddTiles<S, V>(_filterBlocks.Height(block), _delta + (product * _deltaStride) + DeltaBlock(block), Biases + _filterBlocks.First(block));
    }

    /// <summary>Adds up a block of filters over the tiles; its last vector reaches over into the next tile, or the slack.</summary>
    [SkipLocalsInit]
    private void AddTiles<S, V>(int filters, float* delta, float* sums) where S : struct, ISimd<V> where V : unmanaged
    {
        float* lanes = stackalloc float[S.Lanes];
        for (int k = 0; k < filters; k += S.Lanes)
        {
            V sum = S.Zero;
            for (int q = 0; q < Count; q++) sum = S.Add(sum, S.Load(delta + ((nint)q * filters) + k));
            S.Store(lanes, sum);
            for (int i = 0; i < Math.Min(S.Lanes, filters - k); i++) sums[k + i] += lanes[i];
        }
    }

    /// <summary>Transforms one filter's sums back.</summary>
    private readonly struct Gradients(WinogradFilterGradient<F> plan, float* dw) : IVectorChunks
    {
        public void Run<S, V>(int filter) where S : struct, ISimd<V> where V : unmanaged
        {
            int channels = plan._tiles.GroupChannels;
            float* from = plan._sums + ((nint)filter * plan._panels * 2 * S.Lanes), to = dw + ((nint)filter * channels * 9);
            for (int c = 0; c < channels; c += S.Lanes)
                WinogradChannels.AddFilterGradient<F, S, V>(from + c, plan._sumStride, Math.Min(S.Lanes, channels - c), to + (c * 9));
        }
    }
}
