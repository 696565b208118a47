namespace CnnEngine.Kernels;

/// <summary>General matrix multiplication, the product that fully connected layers and most convolutions come down to.</summary>
public static unsafe class Gemm
{
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

        using Scratch.Lease scratch = Scratch.Take((long)m * k);
        Packing.PackA(RowBlocks.ForBroadcast(m), k, alpha, a, scratch.Data);
        GemmLoops loops = new(m, n, k, scratch.Data, b, accumulate: beta != 0, c, rowStride);
        Threads.ForVectors(loops.Chunks, loops);
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
