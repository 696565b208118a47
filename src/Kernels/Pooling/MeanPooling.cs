namespace CnnEngine.Kernels;

/// <summary>
/// Mean pooling. The backward pass spreads each delta evenly over its window, so that the sum of deltas is kept: copying it to
/// every pixel would multiply the gradient by the window's size.
/// </summary>
public static unsafe class MeanPooling
{
    private const int PlanesPerChunk = 16;

    /// <summary><c>y[n,c,i,j] = Σ x[n,c,h,w] / size</c> over the window at (i, j).</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H'·W' numbers.</param>
    /// <param name="countPadding">Whether size is that of the whole window (as PyTorch has it by default) or of its part inside the image.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in PoolShape shape, ReadOnlySpan<float> x, Span<float> y, bool countPadding = true)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        fixed (float* px = x, py = y) Threads.For(Chunks(shape), new ForwardPlanes(shape, countPadding, px, py));
    }

    /// <summary><c>∂x[n,c,h,w] = Σ δ[n,c,i,j] / size</c> over the windows that hold (h, w).</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, N·C·H'·W' numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers; what it held is overwritten.</param>
    /// <param name="countPadding">As in the forward pass.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in PoolShape shape, ReadOnlySpan<float> dy, Span<float> dx, bool countPadding = true)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        fixed (float* pdy = dy, pdx = dx) Threads.For(Chunks(shape), new BackwardPlanes(shape, countPadding, pdy, pdx));
    }

    private static int Chunks(in PoolShape shape) => (shape.Planes + PlanesPerChunk - 1) / PlanesPerChunk;

    /// <summary>What each number of a window counts for in its mean.</summary>
    internal static float Weight(in PoolShape shape, bool countPadding, int rows, int columns) =>
        1f / (countPadding ? shape.Window.Height * shape.Window.Width : rows * columns);

    private readonly struct ForwardPlanes(PoolShape shape, bool countPadding, float* x, float* y) : IChunks
    {
        public void Run(int chunk)
        {
            int end = Math.Min((chunk + 1) * PlanesPerChunk, shape.Planes);
            for (int plane = chunk * PlanesPerChunk; plane < end; plane++)
            {
                float* from = x + ((long)plane * shape.InputPlane), to = y + ((long)plane * shape.OutputPlane);
                for (int i = 0; i < shape.OutputHeight; i++)
                {
                    (int firstRow, int endRow) = shape.Rows(i);
                    for (int j = 0; j < shape.OutputWidth; j++)
                    {
                        (int firstColumn, int endColumn) = shape.Columns(j);
                        float sum = 0;
                        for (int h = firstRow; h < endRow; h++)
                            for (int w = firstColumn; w < endColumn; w++) sum += from[(h * shape.W) + w];
                        *to++ = sum * Weight(shape, countPadding, endRow - firstRow, endColumn - firstColumn);
                    }
                }
            }
        }
    }

    private readonly struct BackwardPlanes(PoolShape shape, bool countPadding, float* dy, float* dx) : IChunks
    {
        public void Run(int chunk)
        {
            int first = chunk * PlanesPerChunk, end = Math.Min(first + PlanesPerChunk, shape.Planes);
            new Span<float>(dx + ((long)first * shape.InputPlane), (end - first) * shape.InputPlane).Clear();
            for (int plane = first; plane < end; plane++)
            {
                float* from = dy + ((long)plane * shape.OutputPlane), to = dx + ((long)plane * shape.InputPlane);
                for (int i = 0; i < shape.OutputHeight; i++)
                {
                    (int firstRow, int endRow) = shape.Rows(i);
                    for (int j = 0; j < shape.OutputWidth; j++)
                    {
                        (int firstColumn, int endColumn) = shape.Columns(j);
                        float share = *from++ * Weight(shape, countPadding, endRow - firstRow, endColumn - firstColumn);
                        for (int h = firstRow; h < endRow; h++)
                            for (int w = firstColumn; w < endColumn; w++) to[(h * shape.W) + w] += share;
                    }
                }
            }
        }
    }
}
