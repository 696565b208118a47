using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// PReLU: <c>y = x</c> where x is positive, <c>a·x</c> elsewhere, with slopes a that are learnt (K. He et al., "Delving Deep into
/// Rectifiers", 2015). Numbers lie in rows of one slope each: row i has slope <c>i mod slopes</c>. With a slope for each channel, a row is
/// a channel's plane; with one slope for all, any cut will do. Along the vector: the row.
/// </summary>
public static unsafe class ParametricRelu
{
    // Numbers of the rows that a thread takes at a time, at least.
    private const int ChunkLength = 1 << 15;

    /// <summary><c>y = max(x, 0) + a·min(x, 0)</c>; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <param name="rowLength">Numbers of a row.</param>
    /// <param name="slopes">a.</param>
    /// <param name="x">Whole rows.</param>
    /// <param name="y">Receives as many numbers as <paramref name="x"/> has.</param>
    /// <exception cref="ArgumentException">There are no slopes, x is not whole rows, or y is shorter.</exception>
    public static void Forward(int rowLength, ReadOnlySpan<float> slopes, ReadOnlySpan<float> x, Span<float> y)
    {
        int rows = Rows(rowLength, slopes, x);
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (float* px = x, py = y, pa = slopes)
        {
            RowChunks chunks = new(rows, rowLength);
            Threads.ForVectors(chunks.Count, new ForwardKernel(chunks, slopes.Length, pa, px, py));
        }
    }

    /// <summary><c>∂x = ∂y</c> where x is positive, <c>a·∂y</c> elsewhere; <c>∂a += Σ ∂y·min(x, 0)</c> over the rows of a slope.</summary>
    /// <param name="rowLength">Numbers of a row.</param>
    /// <param name="slopes">a.</param>
    /// <param name="x">The forward pass's input.</param>
    /// <param name="dy">As many numbers.</param>
    /// <param name="dx">Receives as many numbers, or empty if they are not wanted; may be <paramref name="dy"/>.</param>
    /// <param name="dslopes">What the slopes' gradients are added to.</param>
    /// <exception cref="ArgumentException">There are no slopes, x is not whole rows, or a span is shorter.</exception>
    public static void Backward(
        int rowLength, ReadOnlySpan<float> slopes, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dslopes)
    {
        int rows = Rows(rowLength, slopes, x);
        Require.Length(dy.Length, x.Length, nameof(dy));
        if (!dx.IsEmpty) Require.Length(dx.Length, x.Length, nameof(dx));
        Require.Length(dslopes.Length, slopes.Length, nameof(dslopes));
        using Scratch.Lease sums = Scratch.Take(rows);
        fixed (float* px = x, pdy = dy, pdx = dx, pa = slopes)
        {
            RowChunks chunks = new(rows, rowLength);
            Threads.ForVectors(chunks.Count, new BackwardKernel(chunks, slopes.Length, pa, px, pdy, pdx, sums.Data));
        }
        for (int row = 0; row < rows; row++) dslopes[row % slopes.Length] += sums.Data[row];
    }

    private static int Rows(int rowLength, ReadOnlySpan<float> slopes, ReadOnlySpan<float> x)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowLength, 1);
        Require.Length(slopes.Length, 1, nameof(slopes));
        if (x.Length % rowLength != 0) throw new ArgumentException($"x holds {x.Length} numbers; that is not whole rows of {rowLength}", nameof(x));
        return x.Length / rowLength;
    }

    /// <summary>Whole rows, cut by their length alone.</summary>
    private readonly struct RowChunks(int rows, int rowLength)
    {
        private readonly int _rows = Math.Max(1, ChunkLength / rowLength);

        public int RowLength => rowLength;

        public int Count => (rows + _rows - 1) / _rows;

        public int First(int chunk) => chunk * _rows;

        public int End(int chunk) => Math.Min(rows, (chunk + 1) * _rows);
    }

    private readonly struct ForwardKernel(RowChunks rows, int slopes, float* a, float* x, float* y) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            for (int row = rows.First(chunk); row < rows.End(chunk); row++)
            {
                long i = (long)row * rows.RowLength, end = i + rows.RowLength;
                V slope = S.Broadcast(a[row % slopes]);
                for (; i <= end - S.Lanes; i += S.Lanes)
                {
                    V value = S.Load(x + i);
                    S.Store(y + i, S.WherePositive(value, value, S.Multiply(slope, value)));
                }
                for (; i < end; i++) y[i] = x[i] > 0 ? x[i] : a[row % slopes] * x[i];
            }
        }
    }

    private readonly struct BackwardKernel(RowChunks rows, int slopes, float* a, float* x, float* dy, float* dx, float* sums) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            for (int row = rows.First(chunk); row < rows.End(chunk); row++)
            {
                long i = (long)row * rows.RowLength, end = i + rows.RowLength;
                float slope = a[row % slopes];
                V slopesOfRow = S.Broadcast(slope), vectorSum = S.Zero;
                for (; i <= end - S.Lanes; i += S.Lanes)
                {
                    V value = S.Load(x + i), delta = S.Load(dy + i);
                    vectorSum = S.Add(vectorSum, S.WherePositive(value, S.Zero, S.Multiply(delta, value)));
                    if (dx != null) S.Store(dx + i, S.WherePositive(value, delta, S.Multiply(slopesOfRow, delta)));
                }
                float sum = S.Sum(vectorSum);
                for (; i < end; i++)
                {
                    float delta = dy[i];
                    if (!(x[i] > 0)) sum += delta * x[i];
                    if (dx != null) dx[i] = x[i] > 0 ? delta : slope * delta;
                }
                sums[row] = sum;
            }
        }
    }
}
