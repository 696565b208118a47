using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// Copies parts of a matrix into the order in which the micro-kernel reads them, so that it walks through memory and never jumps.
/// Both take any strides: a transpose is packed like everything else.
/// </summary>
internal static unsafe class Packing
{
    // Rows of B are asked for so many ahead of their packing: far apart, they are nothing that the processor foresees. Packing them for a
    // product of 1024³ takes two thirds of the time.
    private const int RowsAhead = 16;

    /// <summary>
    /// Packs α·A, M×K, for the broadcast kernel: block after block of rows, within a block column after column, so that the
    /// R numbers of a step lie side by side. Block b starts at <c>blocks.First(b) · K</c>; the whole takes M·K floats.
    /// </summary>
    public static void PackA(RowBlocks blocks, int columns, float alpha, MatrixView a, float* packed)
    {
        for (int block = 0; block < blocks.Count; block++)
        {
            int first = blocks.First(block);
            PackBlock(blocks.Height(block), columns, alpha, a.At(first, 0), packed + ((long)first * columns));
        }
    }

    /// <summary>Packs one block of α·A, column after column.</summary>
    public static void PackBlock(int rows, int columns, float alpha, MatrixView a, float* packed)
    {
        if (a.ColumnStride == 1) Transpose(rows, columns, alpha, a.Data, a.RowStride, packed, rows);
        else CopyColumns(rows, columns, alpha, a, packed);
    }

    /// <summary>
    /// Packs a panel of B, K rows × <paramref name="columns"/> columns, row after row, in rows of the two vectors that the broadcast
    /// kernel reads. Lanes beyond the columns hold what lies there in memory, or zeros: nobody looks at what becomes of them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackB<S, V>(int rows, int columns, MatrixView b, float* packed) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes;
        int t = 0;
        if (b.ColumnStride == 1)
        {
            float* from = b.Data, end = from + ((rows - 1) * b.RowStride) + columns;
            for (; t < rows && from + width <= end; t++, from += b.RowStride, packed += width)
            {
                S.Store(packed, S.Load(from));
                S.Store(packed + S.Lanes, S.Load(from + S.Lanes));
            }
        }
        if (columns < width) new Span<float>(packed, (rows - t) * width).Clear();
        if (b.RowStride == 1 && b.ColumnStride != 1)
        {
            Transpose(columns, rows, 1, b.Data, b.ColumnStride, packed, width);
            return;
        }
        for (; t < rows; t++, packed += width)
        {
            float* from = b.Data + (t * b.RowStride);
            for (int j = 0; j < columns; j++, from += b.ColumnStride) packed[j] = *from;
        }
    }

    /// <summary>
    /// Packs full panels of a B with contiguous rows side by side, <paramref name="panelStride"/> floats from one to the next: all of a
    /// row at once, because the next row often lies on another page of memory.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackPanels<S, V>(int rows, int panels, MatrixView b, float* packed, nint panelStride) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes;
        for (int t = 0; t < rows; t++, packed += width)
        {
            float* from = b.Data + (t * b.RowStride), to = packed, ahead = from + (RowsAhead * b.RowStride);
            for (int panel = 0; panel < panels; panel++, from += width, to += panelStride, ahead += width)
            {
                Simd.Prefetch(ahead);
                if (width > CacheSizes.FloatsOfLine) Simd.Prefetch(ahead + S.Lanes);
                S.Store(to, S.Load(from));
                S.Store(to + S.Lanes, S.Load(from + S.Lanes));
            }
        }
    }

    /// <summary>
    /// <c>to[t·toStride + i] = α · from[i·rowStride + t]</c>, in squares of 4×4: whichever way the loops run, one side jumps, and
    /// only a transpose in registers moves more than one number at a time. The last squares overlap those before them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(int rows, int columns, float alpha, float* from, nint rowStride, float* to, nint toStride)
    {
        if (rows < 4 || columns < 4)
        {
            for (int t = 0; t < columns; t++)
                for (int i = 0; i < rows; i++) to[(t * toStride) + i] = alpha * from[(i * rowStride) + t];
            return;
        }
        Vector128<float> alphas = Vector128.Create(alpha);
        // A cache line of each row at a time: rows that lie a power of two apart would push each other out of the cache. Below each lies
        // what the next block is packed from; asked for now, packing takes two thirds of the time.
        for (int first = 0; first < columns; first += CacheSizes.FloatsOfLine)
        {
            int end = Math.Min(first + CacheSizes.FloatsOfLine, columns);
            for (int square = 0; square < rows; square += 4)
            {
                int i = Math.Min(square, rows - 4);
                float* r0 = from + (i * rowStride), r1 = r0 + rowStride, r2 = r1 + rowStride, r3 = r2 + rowStride;
                float* below = r0 + (rows * rowStride) + first;
                for (int row = 0; row < 4; row++, below += rowStride) Simd.Prefetch(below);
                for (int step = first; step < end; step += 4)
                {
                    int t = Math.Min(step, columns - 4);
                    (Vector128<float> a, Vector128<float> b) = Simd128.Interleave(Vector128.Load(r0 + t), Vector128.Load(r2 + t));
                    (Vector128<float> c, Vector128<float> d) = Simd128.Interleave(Vector128.Load(r1 + t), Vector128.Load(r3 + t));
                    (Vector128<float> x, Vector128<float> y) = Simd128.Interleave(a, c);
                    (Vector128<float> z, Vector128<float> w) = Simd128.Interleave(b, d);
                    float* column = to + (t * toStride) + i;
                    (x * alphas).Store(column);
                    (y * alphas).Store(column + toStride);
                    (z * alphas).Store(column + (2 * toStride));
                    (w * alphas).Store(column + (3 * toStride));
                }
            }
        }
    }

    /// <summary>The same for a matrix that is stored transposed, whose columns are copied, or that has strides in both directions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyColumns(int rows, int columns, float alpha, MatrixView a, float* packed)
    {
        Vector128<float> alphas = Vector128.Create(alpha);
        float* column = a.Data;
        for (int t = 0; t < columns; t++, column += a.ColumnStride, packed += rows)
        {
            if (a.RowStride == 1 && rows >= 4)
                for (int i = 0; i < rows; i += 4)
                {
                    int j = Math.Min(i, rows - 4);
                    (Vector128.Load(column + j) * alphas).Store(packed + j);
                }
            else
                for (int i = 0; i < rows; i++) packed[i] = alpha * column[i * a.RowStride];
        }
    }
}
