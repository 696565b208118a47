namespace CnnEngine.Kernels;

/// <summary>
/// Mean pooling, and sum pooling, which divides by one. The backward pass spreads each delta evenly over its window, so that the sum of
/// deltas is kept: copying it to every pixel would multiply the gradient by the window's size.
/// </summary>
/// <remarks>Rows and columns are treated one after the other (<see cref="WindowSums{S, V}"/>).</remarks>
public static unsafe class MeanPooling
{
    /// <summary><c>y[n,c,i,j] = Σ x[n,c,h,w] / size</c> over the window at (i, j).</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H'·W' numbers.</param>
    /// <param name="divisor">Which size.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in PoolShape shape, ReadOnlySpan<float> x, Span<float> y, PoolDivisor divisor = PoolDivisor.Window)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        fixed (float* px = x, py = y) Threads.ForVectors(shape.Chunks, new Planes(shape, divisor, forward: true, px, py));
    }

    /// <summary><c>∂x[n,c,h,w] = Σ δ[n,c,i,j] / size</c> over the windows that hold (h, w).</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, N·C·H'·W' numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers; what it held is overwritten.</param>
    /// <param name="divisor">As in the forward pass.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in PoolShape shape, ReadOnlySpan<float> dy, Span<float> dx, PoolDivisor divisor = PoolDivisor.Window)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        fixed (float* pdy = dy, pdx = dx) Threads.ForVectors(shape.Chunks, new Planes(shape, divisor, forward: false, pdx, pdy));
    }

    /// <summary>What a window's size on one axis counts for: 1 over it, so that the product of both axes' divides by their product.</summary>
    internal static float Weight(PoolAxis axis, PoolDivisor divisor, int i)
    {
        if (divisor == PoolDivisor.One) return 1;
        if (divisor == PoolDivisor.Window) return 1f / axis.WithPadding(i);
        (int first, int end) = axis.Inside(i);
        return 1f / (end - first);
    }

    /// <summary>The same of all windows of which only the first and the last may reach over an edge.</summary>
    internal static void Weights(PoolAxis axis, PoolDivisor divisor, float* weights)
    {
        int last = axis.Outputs - 1;
        if (last > 1) new Span<float>(weights + 1, last - 1).Fill(Weight(axis, divisor, 1));
        weights[last] = Weight(axis, divisor, last);
        weights[0] = Weight(axis, divisor, 0);
    }

    /// <summary>
    /// The same of the windows of some rows and all columns, those of a plane behind those of the one before: products of those of both axes, and
    /// then up to a vector of others. Working memory holds those of each axis, and a vector.
    /// </summary>
    internal static void Weights<S, V>(in PoolShape shape, PoolDivisor divisor, int rows, float* weights, float* scratch) where S : struct, ISimd<V> where V : unmanaged
    {
        int outputs = shape.OutputWidth;
        float* ofColumns = scratch, ofRows = ofColumns + outputs + S.Lanes;
        new Span<float>(ofColumns, outputs + S.Lanes).Clear();
        Weights(shape.ColumnAxis, divisor, ofColumns);
        Weights(shape.RowAxis, divisor, ofRows);
        for (int row = 0; row < rows; row++)
            S.Store(weights + (row * outputs), S.Multiply(S.Broadcast(ofRows[row % shape.OutputHeight]), S.Load(ofColumns)));
    }

    private readonly struct Planes(PoolShape shape, PoolDivisor divisor, bool forward, float* x, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int first = chunk * shape.PlanesPerChunk, planes = Math.Min(shape.PlanesPerChunk, shape.Planes - first);
            float* px = x + ((long)first * shape.InputPlane), py = y + ((long)first * shape.OutputPlane);
            bool isStreaming = forward ? shape.IsStreaming(shape.OutputWidth, py, py) : shape.IsStreaming(shape.W, px, px);
            if (Windows3x3.Fits(shape))
            {
                if (forward) Windows3x3.Forward<S, V>(shape, planes, divisor, px, x + shape.InputLength, py, null);
                else Windows3x3.Backward<S, V>(shape, planes, divisor, py, y + shape.OutputLength, null, px);
            }
            else if (!Rows2x2.Fits(shape)) Windows<S, V>(planes, px, py);
            else if (!isStreaming) Windows2x2<S, V, CachedStore>(planes, px, py);
            else
            {
                Windows2x2<S, V, StreamingStore>(planes, px, py);
                Interlocked.MemoryBarrier();
            }
        }

        private void Windows2x2<S, V, TStore>(int planes, float* px, float* py) where S : struct, ISimd<V> where V : unmanaged where TStore : struct, IStore
        {
            float weight = Weight(shape.RowAxis, divisor, 0) * Weight(shape.ColumnAxis, divisor, 0);
            if (forward) MeanPooling2x2.Forward<S, V, TStore>(shape, planes, weight, px, x + shape.InputLength, py);
            else MeanPooling2x2.Backward<S, V, TStore>(shape, planes, weight, py, y + shape.OutputLength, px);
        }

        private void Windows<S, V>(int planes, float* px, float* py) where S : struct, ISimd<V> where V : unmanaged
        {
            using Scratch.Lease lease = Scratch.Take(WindowSums<S, V>.ScratchLength(shape));
            WindowSums<S, V> sums = new(shape, divisor, lease.Data);
            // A vector may read over the end of its row as far as there are numbers, and write as far as the chunk's own.
            float* xEnd = forward ? x + shape.InputLength : px + ((long)planes * shape.InputPlane);
            float* yEnd = forward ? py + ((long)planes * shape.OutputPlane) : y + shape.OutputLength;
            for (int plane = 0; plane < planes; plane++, px += shape.InputPlane, py += shape.OutputPlane)
            {
                if (forward) sums.Forward(px, xEnd, py, yEnd);
                else sums.Backward(py, yEnd, px, xEnd);
            }
        }
    }
}
