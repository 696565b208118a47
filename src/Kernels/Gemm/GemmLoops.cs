namespace CnnEngine.Kernels;

/// <summary>
/// The loops around the micro-kernel, after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
/// (2008) and BLIS: C is cut into tiles that threads share out; a tile walks down K in panels that the caches hold.
/// </summary>
internal readonly unsafe struct GemmLoops : IVectorChunks
{
    // So many blocks of A pay for packing B; otherwise it is read where it lies, if its rows are contiguous. Where there is an epilogue, B has
    // few rows, and reading them in place is a tenth faster (64 → 256 channels, 1×1).
    private const int BlocksToPackB = 12;

    // What a tile's first sight of a number of B costs, packed or in place, in times that a number of A is read.
    private const double PackingCost = 30, ReadingCost = 2;

    private readonly int _n, _k;
    private readonly RowBlocks _blocks;
    private readonly MatrixView _a;
    private readonly float* _packedA;
    private readonly MatrixView _b;
    private readonly bool _accumulate;
    private readonly float* _c;
    private readonly nint _rowStride;

    private readonly int _depth, _tileColumns, _tileBlocks, _rowTiles, _columnTiles;
    private readonly bool _packsB;
    private readonly Epilogue? _epilogue;

    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The summed dimension.</param>
    /// <param name="a">A where it lies, with rows or columns contiguous.</param>
    /// <param name="packedA">A as <see cref="Packing.PackA"/> packs it, or null to read <paramref name="a"/>.</param>
    /// <param name="b">B.</param>
    /// <param name="accumulate">Whether the product is added to C.</param>
    /// <param name="c">C, with contiguous columns.</param>
    /// <param name="rowStride">From one row of C to the next.</param>
    /// <param name="tiles">Into how many tiles to cut C, about.</param>
    /// <param name="epilogue">How C is written, if it is not just the product. K then fits a panel of B, and C is not added to.</param>
    public GemmLoops(int m, int n, int k, MatrixView a, float* packedA, MatrixView b, bool accumulate, float* c, nint rowStride, int tiles, Epilogue? epilogue = null)
    {
        (_n, _k, _accumulate, _rowStride, _epilogue) = (n, k, accumulate, rowStride, epilogue);
        _a = a;
        _packedA = packedA;
        _b = b;
        _c = c;
        _blocks = RowBlocks.ForBroadcast(m);

        // Of all ways to cut C into enough tiles, the one that reads and packs least.
        GemmBlocks blocks = GemmBlocks.Current;
        int packedDepth = Math.Min(k, blocks.Depth), depthInPlace = Math.Min(k, blocks.DepthInPlace);
        int strips = Quotient.Up(n, GemmBlocks.Strip), most = Math.Max(Math.Min(tiles, strips), Quotient.Up(strips, blocks.WidestStrips(packedDepth)));
        double least = double.PositiveInfinity;
        for (int across = Quotient.Up(strips, blocks.WidestStrips(depthInPlace)); across <= most; across++)
        {
            int tileStrips = Quotient.Up(strips, across), columnTiles = Quotient.Up(strips, tileStrips);
            int tileBlocks = Quotient.Up(_blocks.Count, Math.Min(Quotient.Up(tiles, across), _blocks.Count)), rowTiles = Quotient.Up(_blocks.Count, tileBlocks);
            bool packsB = (tileBlocks >= BlocksToPackB && epilogue is null) || b.ColumnStride != 1 || b.RowStride > int.MaxValue / depthInPlace; // offsets are ints
            int depth = packsB ? packedDepth : depthInPlace;
            double cost = ((double)m * columnTiles) + ((double)n * rowTiles * (packsB ? PackingCost : ReadingCost));
            if (columnTiles * rowTiles < 0.75 * tiles || tileStrips > blocks.WidestStrips(depth)) cost *= 4;
            if (cost >= least) continue;
            least = cost;
            (_columnTiles, _rowTiles, _tileColumns, _tileBlocks) = (columnTiles, rowTiles, tileStrips * GemmBlocks.Strip, tileBlocks);
            (_packsB, _depth) = (packsB, depth);
        }
    }

    public int Chunks => _rowTiles * _columnTiles;

    /// <summary>What the sums of the rows of <c>a</c>, which are contiguous, are added to, each when the row is in the caches; or null.</summary>
    public float* RowSums { get; init; }

    /// <summary>Working memory of one tile.</summary>
    public long ScratchFloats
    {
        get
        {
            int width = 2 * Simd.Lanes, panels = Quotient.Up(Math.Min(_tileColumns, _n), width);
            return ((long)panels * _depth * width) + (2 * _depth) + (RowBlocks.BroadcastTallest * width);
        }
    }

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        int firstColumn = chunk / _rowTiles * _tileColumns;
        int columns = Math.Min(_tileColumns, _n - firstColumn);
        int firstBlock = chunk % _rowTiles * _tileBlocks;
        int lastBlock = Math.Min(firstBlock + _tileBlocks, _blocks.Count);

        int width = 2 * S.Lanes;
        int panels = (columns + width - 1) / width;
        int depth = _depth;
        using Scratch.Lease scratch = Scratch.Take(ScratchFloats);
        float* packedB = scratch.Data;
        float* corner = packedB + ((long)panels * depth * width);
        int* offsets = (int*)(corner + (RowBlocks.BroadcastTallest * width));
        int* offsetsInPlace = offsets + depth;
        for (int t = 0; t < depth; t++) (offsets[t], offsetsInPlace[t]) = (t * width, t * (int)_b.RowStride);

        for (int first = 0; first < _k; first += depth)
        {
            int steps = Math.Min(depth, _k - first);
            int packed = 0;
            if (_packsB && _b.ColumnStride == 1)
            {
                packed = columns / width;
                Packing.PackPanels<S, V>(steps, packed, _b.At(first, firstColumn), packedB, depth * width);
            }
            for (int panel = packed; panel < panels; panel++)
            {
                int j = panel * width, wide = Math.Min(width, columns - j);
                if (IsReadInPlace<S, V>(wide, first + steps, firstColumn + j + width)) continue;
                Packing.PackB<S, V>(steps, wide, _b.At(first, firstColumn + j), packedB + ((long)panel * depth * width));
            }

            bool accumulate = _accumulate || first > 0;
            for (int block = firstBlock; block < lastBlock; block++)
            {
                int i = _blocks.First(block), rows = _blocks.Height(block);
                MatrixView a = _packedA == null ? _a.At(i, first) : new(_packedA + ((long)i * _k) + ((long)first * rows), 1, rows);
                for (int panel = 0; panel < panels; panel++)
                {
                    int j = firstColumn + (panel * width);
                    int wide = Math.Min(width, firstColumn + columns - j);
                    bool isInPlace = IsReadInPlace<S, V>(wide, first + steps, j + width);
                    float* b = isInPlace ? _b.At(first, j).Data : packedB + ((long)panel * depth * width);
                    int* rowsB = isInPlace ? offsetsInPlace : offsets;
                    MatrixView ahead = isInPlace && block == firstBlock ? AheadB(b, panel, panels, first)
                        : block + 1 < lastBlock ? AheadA(block + 1, panel, panels, first, steps)
                        : default;
                    float* c = _c + (i * _rowStride) + j;
                    if (accumulate || _packedA != null) PrefetchTile(rows, panel + 1 < panels ? c + width : _c + ((i + rows) * _rowStride) + firstColumn);
                    bool isWhole = wide == width || wide == S.Lanes;
                    float* to = isWhole ? c : corner;
                    nint toStride = isWhole ? _rowStride : width;
                    if (_epilogue is { } all)
                    {
                        Epilogue epilogue = all.From(i, isAligned: isWhole && _rowStride % S.Lanes == 0 && (nuint)c % (nuint)sizeof(V) == 0);
                        BroadcastKernel.Run<S, V>(rows, wide, steps, a, b, rowsB, ahead, to, toStride, accumulate: false, &epilogue);
                    }
                    else BroadcastKernel.Run<S, V>(rows, wide, steps, a, b, rowsB, ahead, to, toStride, accumulate && isWhole);
                    if (!isWhole) WriteCorner<S, V>(rows, wide, corner, width, c, _rowStride, accumulate);
                }
                if (RowSums == null || firstColumn > 0) continue;
                for (int row = 0; row < rows; row++) RowSums[i + row] += RowSum.Of<S, V>(_a.At(i + row, first).Data, steps);
            }
        }
    }

    /// <summary>What reading panel after panel of B in place is about to see for the first time: the next one, or the first further down.</summary>
    private MatrixView AheadB(float* b, int panel, int panels, int first)
    {
        int width = 2 * Simd.Lanes;
        if (panel + 1 < panels) return new MatrixView(b + width, _b.RowStride);
        return first + _depth < _k ? new MatrixView(b + (_depth * _b.RowStride) - (panel * width), _b.RowStride) : default;
    }

    /// <summary>
    /// A panel's share of the next block of packed A, which comes from the third-level cache: asked for a block ahead, products of
    /// 2048³ are 1.2 times as fast on a busy machine. For A in place it was no better.
    /// </summary>
    private MatrixView AheadA(int block, int panel, int panels, int first, int steps)
    {
        if (_packedA == null) return default;
        int i = _blocks.First(block), rows = _blocks.Height(block), share = Quotient.Up(rows, panels);
        return new MatrixView(_packedA + ((long)i * _k) + ((long)first * rows) + ((long)panel * share * steps), share);
    }

    /// <summary>
    /// Whether a panel of B that ends before a row and a column is read where it lies: vectors may reach over B's right edge as long as
    /// the rows below are there.
    /// </summary>
    private bool IsReadInPlace<S, V>(int columns, int end, int lastColumn) where S : struct, ISimd<V> where V : unmanaged =>
        !_packsB && (columns == 2 * S.Lanes || columns == S.Lanes || ((end - 1) * _b.RowStride) + lastColumn <= ((_k - 1) * _b.RowStride) + _n);

    /// <summary>
    /// Asks for the tile of C that comes next, a cache line or two of each row; at the last tile, for nothing in particular. Where C is
    /// written without being read, it pays for large products (1024³ on a busy machine: 1.04 times as fast), not for shallow ones.
    /// </summary>
    private void PrefetchTile(int rows, float* c)
    {
        for (int i = 0; i < rows; i++, c += _rowStride)
        {
            Simd.Prefetch(c);
            Simd.Prefetch(c + (GemmBlocks.Strip / 2));
        }
    }

    /// <summary>Writes the part of a tile that C has, where a tile reaches over C's right edge.</summary>
    private static void WriteCorner<S, V>(int rows, int columns, float* corner, int width, float* c, nint rowStride, bool accumulate)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int i = 0; i < rows; i++, c += rowStride, corner += width)
        {
            int j = 0;
            if (columns > S.Lanes)
            {
                S.Store(c, accumulate ? S.Add(S.Load(corner), S.Load(c)) : S.Load(corner));
                j = S.Lanes;
            }
            for (; j < columns; j++) c[j] = accumulate ? corner[j] + c[j] : corner[j];
        }
    }
}
