namespace CnnEngine.Kernels;

/// <summary>
/// The loops around the micro-kernel, after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
/// (2008) and BLIS: C is cut into tiles that threads share out; a tile walks down K in panels that the caches hold.
/// </summary>
internal readonly unsafe struct GemmLoops : IVectorChunks
{
    // A block of A, 12 × KC (36 KB), stays in the first-level cache while the panels of B stream past it from the second level. The
    // deeper, the less often C is read and written: at 1024³ 91 % of peak, where a depth of 256 has 83 %.
    public const int PanelDepth = 768;

    // The columns of one tile of C: their part of B, KC × TileColumns, is packed by the thread that works on the tile and stays in
    // its second-level cache.
    private const int TileColumns = 128;

    // A tile has all of C's rows unless that leaves fewer tiles than these for the threads to share out.
    private const int FewestTiles = 4;

    private readonly int _n, _k;
    private readonly RowBlocks _blocks;
    private readonly float* _packedA;
    private readonly MatrixView _b;
    private readonly bool _accumulate;
    private readonly float* _c;
    private readonly nint _rowStride;

    public GemmLoops(int m, int n, int k, float* packedA, MatrixView b, bool accumulate, float* c, nint rowStride)
    {
        (_n, _k, _accumulate, _rowStride) = (n, k, accumulate, rowStride);
        _packedA = packedA;
        _b = b;
        _c = c;
        _blocks = RowBlocks.ForBroadcast(m);
        ColumnTiles = (n + TileColumns - 1) / TileColumns;
        int rowTiles = Math.Clamp((FewestTiles + ColumnTiles - 1) / ColumnTiles, 1, _blocks.Count);
        BlocksPerTile = (_blocks.Count + rowTiles - 1) / rowTiles;
    }

    public int Chunks => RowTiles * ColumnTiles;

    private int BlocksPerTile { get; }

    private int RowTiles => (_blocks.Count + BlocksPerTile - 1) / BlocksPerTile;

    private int ColumnTiles { get; }

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        int firstColumn = chunk / RowTiles * TileColumns;
        int columns = Math.Min(TileColumns, _n - firstColumn);
        int firstBlock = chunk % RowTiles * BlocksPerTile;
        int lastBlock = Math.Min(firstBlock + BlocksPerTile, _blocks.Count);

        int width = 2 * S.Lanes;
        int panels = (columns + width - 1) / width;
        int depth = Math.Min(PanelDepth, _k);
        using Scratch.Lease scratch = Scratch.Take(((long)panels * depth * width) + (2 * depth) + (RowBlocks.BroadcastTallest * width));
        float* packedB = scratch.Data;
        float* corner = packedB + ((long)panels * depth * width);
        int* offsets = (int*)(corner + (RowBlocks.BroadcastTallest * width));
        // Few rows do not pay for packing B: its full panels are then read where they lie, only a narrow last one is packed.
        bool inPlace = _blocks.Count <= 2 && _b.ColumnStride == 1;
        int* offsetsInPlace = offsets + depth;
        for (int t = 0; t < depth; t++) (offsets[t], offsetsInPlace[t]) = (t * width, t * (int)_b.RowStride);

        for (int first = 0; first < _k; first += depth)
        {
            int steps = Math.Min(depth, _k - first);
            for (int panel = 0; panel < panels; panel++)
            {
                int j = panel * width, wide = Math.Min(width, columns - j);
                if (inPlace && wide == width) continue;
                Packing.PackB<S, V>(steps, wide, _b.At(first, firstColumn + j), packedB + ((long)panel * depth * width));
            }

            bool accumulate = _accumulate || first > 0;
            for (int block = firstBlock; block < lastBlock; block++)
            {
                int i = _blocks.First(block), rows = _blocks.Height(block);
                float* a = _packedA + ((long)i * _k) + ((long)first * rows);
                for (int panel = 0; panel < panels; panel++)
                {
                    int j = firstColumn + (panel * width);
                    int wide = Math.Min(width, firstColumn + columns - j);
                    float* b = packedB + ((long)panel * depth * width);
                    float* c = _c + (i * _rowStride) + j;
                    if (wide == width)
                    {
                        if (inPlace) BroadcastKernel.Run<S, V>(rows, steps, a, _b.At(first, j).Data, offsetsInPlace, c, _rowStride, accumulate);
                        else BroadcastKernel.Run<S, V>(rows, steps, a, b, offsets, c, _rowStride, accumulate);
                        continue;
                    }
                    if (wide > S.Lanes) BroadcastKernel.Run<S, V>(rows, steps, a, b, offsets, corner, width, accumulate: false);
                    else BroadcastKernel.RunNarrow<S, V>(rows, steps, a, b, offsets, corner, width, accumulate: false);
                    WriteCorner(rows, wide, corner, width, c, _rowStride, accumulate);
                }
            }
        }
    }

    /// <summary>Writes the part of a tile that C has, where a tile reaches over C's right edge.</summary>
    private static void WriteCorner(int rows, int columns, float* corner, int width, float* c, nint rowStride, bool accumulate)
    {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                c[(i * rowStride) + j] = corner[(i * width) + j] + (accumulate ? c[(i * rowStride) + j] : 0);
    }
}
