namespace CnnEngine.Kernels;

/// <summary>General matrix multiplication, the product that fully connected layers and most convolutions come down to.</summary>
public static unsafe class Gemm
{
    // So many columns pay for packing A, if it is larger than a slab or its rows collide.
    private const int ColumnsToPackA = 500;

    // Numbers of A so many floats apart share a set of the first-level cache, whose ways are 4 KB nearly everywhere.
    private const int FloatsOfWay = 1 << 10;

    // Multiply-adds of a tile, and the most tiles: enough to share out evenly, too few to be a burden.
    private const int TileMultiplyAdds = 1 << 20;
    private const int MostTiles = 16;

    /// <summary>
    /// <c>C = α·op(A)·op(B) + β·C</c> with op(A) M×K, op(B) K×N and C M×N, all row-major and contiguous; op transposes where asked.
    /// As in BLAS, β = 0 means that C is written without being read.
    /// </summary>
    /// <param name="m">Rows of op(A) and C.</param>
    /// <param name="n">Columns of op(B) and C.</param>
    /// <param name="k">Columns of op(A), rows of op(B).</param>
    /// <param name="a">M×K numbers, or K×M if <paramref name="transposeA"/>.</param>
    /// <param name="b">K×N numbers, or N×K if <paramref name="transposeB"/>.</param>
    /// <param name="c">M×N numbers, row-major.</param>
    /// <param name="alpha">The factor of the product.</param>
    /// <param name="beta">The factor of what C held before.</param>
    /// <param name="transposeA">Whether A is stored transposed.</param>
    /// <param name="transposeB">Whether B is stored transposed.</param>
    /// <exception cref="ArgumentException">A size is negative or a span too short for its matrix.</exception>
    public static void Multiply(
        int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c,
        float alpha = 1, float beta = 0, bool transposeA = false, bool transposeB = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        Require.Length(a.Length, (long)m * k, nameof(a));
        Require.Length(b.Length, (long)k * n, nameof(b));
        Require.Length(c.Length, (long)m * n, nameof(c));
        fixed (float* pa = a, pb = b, pc = c)
        {
            MatrixView viewA = transposeA ? new MatrixView(pa, m).Transposed : new MatrixView(pa, k);
            MatrixView viewB = transposeB ? new MatrixView(pb, k).Transposed : new MatrixView(pb, n);
            Multiply(m, n, k, alpha, viewA, viewB, beta, pc, n);
        }
    }

    /// <summary>The same on matrices with any strides; C's columns are contiguous, its rows <paramref name="rowStride"/> floats apart.</summary>
    internal static void Multiply(int m, int n, int k, float alpha, MatrixView a, MatrixView b, float beta, float* c, nint rowStride)
    {
        if (m == 0 || n == 0) return;
        if (beta is not (0 or 1) || k == 0) Scale(m, n, beta, c, rowStride);
        if (k == 0) return;

        bool accumulate = beta != 0;
        if (!PacksA(m, n, k, a) && alpha == 1 && (a.RowStride == 1 || a.ColumnStride == 1))
        {
            Run(new GemmLoops(m, n, k, a, null, b, accumulate, c, rowStride, Tiles(m, n, k)));
            return;
        }
        // A slab of columns of A at a time: as packed, it stays in the third-level cache.
        int slab = GemmBlocks.Current.SlabDepth(m, k);
        using Scratch.Lease scratch = Scratch.Take((long)m * slab);
        for (int first = 0; first < k; first += slab)
        {
            int depth = Math.Min(slab, k - first);
            PackBlocks packing = new(m, depth, alpha, a.At(0, first), scratch.Data);
            Threads.For(packing.Chunks, packing);
            Run(new GemmLoops(m, n, depth, default, scratch.Data, b.At(first, 0), accumulate || first > 0, c, rowStride, Tiles(m, n, depth)));
        }
    }

    private static bool PacksA(int m, int n, int k, MatrixView a) => n >= ColumnsToPackA && ((long)m * k > GemmBlocks.Current.SlabFloats || Collides(a));

    /// <summary>
    /// Working memory of a product with α = 1 whose A has rows or columns that are contiguous: what the calling thread takes once, and what each
    /// of so many chunks takes, in floats.
    /// </summary>
    internal static (long Once, long Each, int Chunks) ScratchFloats(int m, int n, int k, MatrixView a, MatrixView b)
    {
        int slab = PacksA(m, n, k, a) ? GemmBlocks.Current.SlabDepth(m, k) : 0, depth = slab == 0 ? k : slab;
        GemmLoops loops = new(m, n, depth, a, null, b, accumulate: true, null, 0, Tiles(m, n, depth));
        return ((long)m * slab, loops.ScratchFloats, loops.Chunks);
    }

    /// <summary>
    /// <c>C (+)= A·B</c> on the calling thread, for kernels inside a chunk of their own. A's rows or its columns are contiguous; it is
    /// not copied. Where there is an epilogue, K is at most <see cref="GemmBlocks.DepthInPlace"/>, and C is not added to.
    /// The sums of A's rows, if these are contiguous, can be had on the way.
    /// </summary>
    internal static void MultiplyInChunk<S, V>(int m, int n, int k, MatrixView a, MatrixView b, bool accumulate, float* c, nint rowStride, Epilogue? epilogue = null, float* rowSums = null)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        GemmLoops loops = new(m, n, k, a, null, b, accumulate, c, rowStride, tiles: 1, epilogue) { RowSums = rowSums };
        for (int chunk = 0; chunk < loops.Chunks; chunk++) loops.Run<S, V>(chunk);
    }

    /// <summary>Working memory of <see cref="MultiplyInChunk{S, V}"/>.</summary>
    internal static long ScratchInChunk(int m, int n, int k, MatrixView b) => new GemmLoops(m, n, k, default, null, b, accumulate: true, null, 0, tiles: 1).ScratchFloats;

    private static void Run(GemmLoops loops) => Threads.ForVectors(loops.Chunks, loops);

    /// <summary>
    /// Whether a matrix's rows, or its columns, push each other out of the first-level cache. On a quiet machine a block of A just fits and
    /// packing costs a twentieth of the time; on a busy one, reading it in place takes 1.3 times as long.
    /// </summary>
    internal static bool Collides(MatrixView matrix) => Math.Max(matrix.RowStride, matrix.ColumnStride) % FloatsOfWay == 0;

    private static int Tiles(int m, int n, int k) => (int)Math.Clamp((long)m * n * k / TileMultiplyAdds, 1, MostTiles);

    /// <summary>Packs α·A for the broadcast kernel, as <see cref="Packing.PackA"/> does, in chunks.</summary>
    private readonly struct PackBlocks(int m, int depth, float alpha, MatrixView a, float* packed) : IChunks
    {
        private readonly RowBlocks _blocks = RowBlocks.ForBroadcast(m);
        private readonly int _perChunk = Math.Max(1, (1 << 15) / RowBlocks.BroadcastTallest / depth); // some microseconds

        public int Chunks => (_blocks.Count + _perChunk - 1) / _perChunk;

        public void Run(int chunk)
        {
            int end = Math.Min((chunk + 1) * _perChunk, _blocks.Count);
            for (int block = chunk * _perChunk; block < end; block++)
            {
                int first = _blocks.First(block);
                Packing.PackBlock(_blocks.Height(block), depth, alpha, a.At(first, 0), packed + ((long)first * depth));
            }
        }
    }

    private static void Scale(int m, int n, float beta, float* c, nint rowStride)
    {
        for (int i = 0; i < m; i++)
        {
            Span<float> row = new(c + (i * rowStride), n);
            if (beta == 0) row.Clear();
            else System.Numerics.Tensors.TensorPrimitives.Multiply(row, beta, row);
        }
    }
}
