using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Copies parts of a matrix into the order in which the micro-kernel reads them, so that it walks through memory and never jumps.
/// Both take any strides: a transpose is packed like everything else.
/// </summary>
internal static unsafe class Packing
{
    private const int CacheLine = 16; // floats

    /// <summary>
    /// Packs α·A, M×K, for the broadcast kernel: block after block of rows, within a block column after column, so that the
    /// R numbers of a step lie side by side. Block b starts at <c>blocks.First(b) · K</c>; the whole takes M·K floats.
    /// </summary>
    public static void PackA(RowBlocks blocks, int columns, float alpha, MatrixView a, float* packed)
    {
        for (int block = 0; block < blocks.Count; block++)
        {
            int first = blocks.First(block), rows = blocks.Height(block);
            PackBlock(rows, columns, alpha, a.At(first, 0), packed + ((long)first * columns));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackBlock(int rows, int columns, float alpha, MatrixView a, float* packed)
    {
        if (a.ColumnStride != 1)
        {
            float* column = a.Data;
            for (int t = 0; t < columns; t++, column += a.ColumnStride)
            {
                float* from = column;
                for (int i = 0; i < rows; i++, from += a.RowStride) *packed++ = alpha * *from;
            }
            return;
        }
        // A cache line of each row at a time: rows that lie a power of two apart would push each other out of the cache.
        for (int first = 0; first < columns; first += CacheLine, packed += rows * CacheLine)
        {
            int steps = Math.Min(CacheLine, columns - first);
            for (int i = 0; i < rows; i++)
            {
                float* from = a.Data + (i * a.RowStride) + first, to = packed + i;
                for (int t = 0; t < steps; t++, to += rows) *to = alpha * from[t];
            }
        }
    }

    /// <summary>
    /// Packs a panel of B, K rows × <paramref name="columns"/> columns, row after row, each row filled up with zeros to the
    /// two vectors that the broadcast kernel reads.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackB<S, V>(int rows, int columns, MatrixView b, float* packed) where S : struct, ISimd<V> where V : unmanaged
    {
        int width = 2 * S.Lanes;
        if (columns == width && b.ColumnStride == 1)
        {
            float* from = b.Data;
            for (int t = 0; t < rows; t++, from += b.RowStride, packed += width)
            {
                S.Store(packed, S.Load(from));
                S.Store(packed + S.Lanes, S.Load(from + S.Lanes));
            }
            return;
        }
        for (int t = 0; t < rows; t++, packed += width)
        {
            float* from = b.Data + (t * b.RowStride);
            for (int j = 0; j < columns; j++, from += b.ColumnStride) packed[j] = *from;
            for (int j = columns; j < width; j++) packed[j] = 0;
        }
    }
}
