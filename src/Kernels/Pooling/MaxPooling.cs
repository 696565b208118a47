using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Max pooling. The forward pass keeps where each maximum was found, the backward pass sends the whole delta there, so that the
/// sum of deltas is kept. Along the vector: output columns (<see cref="MaxWindows{S, V}"/>).
/// </summary>
public static unsafe class MaxPooling
{
    /// <summary>
    /// <c>y[n,c,i,j] = max x[n,c,h,w]</c> over the window at (i, j). On a tie the first in row order is kept; NaN wins, as in PyTorch.
    /// </summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H'·W' maxima.</param>
    /// <param name="argMax">Receives, for each of them, its place <c>h·W + w</c> in its channel's plane.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in PoolShape shape, ReadOnlySpan<float> x, Span<float> y, Span<int> argMax)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        Require.Length(argMax.Length, shape.OutputLength, nameof(argMax));
        fixed (float* px = x, py = y)
        fixed (int* pa = argMax)
            Threads.ForVectors(shape.Chunks, new ForwardPlanes(shape, px, py, pa));
    }

    /// <summary><c>∂x[argMax[n,c,i,j]] += δ[n,c,i,j]</c>, all other numbers of ∂x zero.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, N·C·H'·W' numbers.</param>
    /// <param name="argMax">What the forward pass kept.</param>
    /// <param name="dx">Receives N·C·H·W numbers; what it held is overwritten.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in PoolShape shape, ReadOnlySpan<float> dy, ReadOnlySpan<int> argMax, Span<float> dx)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(argMax.Length, shape.OutputLength, nameof(argMax));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        fixed (float* pdy = dy, pdx = dx)
        fixed (int* pa = argMax)
            Threads.ForVectors(shape.Chunks, new BackwardPlanes(shape, pdy, pa, pdx));
    }

    private readonly struct ForwardPlanes(PoolShape shape, float* x, float* y, int* argMax) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int end = Math.Min((chunk + 1) * shape.PlanesPerChunk, shape.Planes);
            float* xEnd = x + shape.InputLength, yEnd = y + ((long)end * shape.OutputPlane);
            bool is2x2 = MaxPooling2x2.Fits(shape);
            using Scratch.Lease lease = Scratch.Take(is2x2 ? 0 : MaxWindows<S, V>.ScratchLength(shape));
            MaxWindows<S, V> windows = is2x2 ? default : new(shape, lease.Data);
            for (int plane = chunk * shape.PlanesPerChunk; plane < end; plane++)
            {
                float* from = x + ((long)plane * shape.InputPlane);
                long to = (long)plane * shape.OutputPlane;
                if (is2x2) MaxPooling2x2.Forward<S, V>(shape, from, xEnd, y + to, yEnd, argMax + to);
                else windows.Forward(from, xEnd, y + to, yEnd, argMax + to);
            }
        }
    }

    private readonly struct BackwardPlanes(PoolShape shape, float* dy, int* argMax, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int end = Math.Min((chunk + 1) * shape.PlanesPerChunk, shape.Planes);
            for (int plane = chunk * shape.PlanesPerChunk; plane < end; plane++)
            {
                long from = (long)plane * shape.OutputPlane;
                float* to = dx + ((long)plane * shape.InputPlane);
                if (MaxPooling2x2.Fits(shape))
                    MaxPooling2x2.Backward<S, V>(shape, dy + from, dy + shape.OutputLength, argMax + from, to, dx + ((long)end * shape.InputPlane));
                else
                    Scatter(shape, dy + from, argMax + from, to);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter(in PoolShape shape, float* dy, int* argMax, float* dx)
    {
        new Span<float>(dx, shape.InputPlane).Clear();
        int outputs = shape.OutputPlane;
        for (int p = 0; p < outputs; p++) dx[argMax[p]] += dy[p];
    }
}
