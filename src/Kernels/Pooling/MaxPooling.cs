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

    /// <summary><c>∂x[argMax[n,c,i,j]] += δ[n,c,i,j]</c>, all other numbers of ∂x zero. Each place must lie in its window, as the forward pass leaves it.</summary>
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
            int first = chunk * shape.PlanesPerChunk, planes = Math.Min(shape.PlanesPerChunk, shape.Planes - first);
            float* from = x + ((long)first * shape.InputPlane), xEnd = x + shape.InputLength, to = y + ((long)first * shape.OutputPlane);
            int* places = argMax + ((long)first * shape.OutputPlane);
            if (Windows3x3.Fits(shape)) Windows3x3.Forward<S, V>(shape, planes, default, from, xEnd, to, places);
            else if (!MaxPooling2x2.Fits(shape)) Windows<S, V>(shape, planes, from, xEnd, to, places);
            else if (!shape.IsStreaming(shape.OutputWidth, to, places)) MaxPooling2x2.Forward<S, V, CachedStore>(shape, planes, from, xEnd, to, places);
            else
            {
                MaxPooling2x2.Forward<S, V, StreamingStore>(shape, planes, from, xEnd, to, places);
                Interlocked.MemoryBarrier();
            }
        }
    }

    /// <summary>Pools some planes, whatever the windows. Input may be read up to <paramref name="xEnd"/>.</summary>
    internal static void Windows<S, V>(in PoolShape shape, int planes, float* x, float* xEnd, float* y, int* argMax) where S : struct, ISimd<V> where V : unmanaged
    {
        using Scratch.Lease lease = Scratch.Take(MaxWindows<S, V>.ScratchLength(shape));
        MaxWindows<S, V> windows = new(shape, lease.Data);
        float* yEnd = y + ((long)planes * shape.OutputPlane);
        for (; y < yEnd; x += shape.InputPlane, y += shape.OutputPlane, argMax += shape.OutputPlane) windows.Forward(x, xEnd, y, yEnd, argMax);
    }

    private readonly struct BackwardPlanes(PoolShape shape, float* dy, int* argMax, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int first = chunk * shape.PlanesPerChunk, planes = Math.Min(shape.PlanesPerChunk, shape.Planes - first);
            float* from = dy + ((long)first * shape.OutputPlane), dyEnd = dy + shape.OutputLength, to = dx + ((long)first * shape.InputPlane);
            int* places = argMax + ((long)first * shape.OutputPlane);
            // In rows whose pairs of columns do not fill a vector single numbers are as fast, or up to 1.25 times as fast.
            if (Windows3x3.Fits(shape) && shape.W >= 2 * S.Lanes) Windows3x3.Backward<S, V>(shape, planes, default, from, dyEnd, places, to);
            else if (!MaxPooling2x2.Fits(shape)) Scatter<S, V>(shape, planes, from, places, to);
            else if (!shape.IsStreaming(shape.W, to, to)) MaxPooling2x2.Backward<S, V, CachedStore>(shape, planes, from, dyEnd, places, to);
            else
            {
                MaxPooling2x2.Backward<S, V, StreamingStore>(shape, planes, from, dyEnd, places, to);
                Interlocked.MemoryBarrier();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter<S, V>(in PoolShape shape, int planes, float* dy, int* argMax, float* dx) where S : struct, ISimd<V> where V : unmanaged
    {
        // Memory is asked for ahead, as in Rows2x2: planes that come from it take 0.7 to 0.8 of the time.
        const int ahead = Rows2x2.Ahead, line = CacheSizes.FloatsOfLine;
        int outputs = shape.OutputPlane, pixels = shape.InputPlane;
        for (int plane = 0; plane < planes; plane++, dy += outputs, argMax += outputs, dx += pixels)
        {
            int k = 0;
            for (; k + S.Lanes <= pixels; k += S.Lanes)
            {
                Simd.PrefetchNear(dx + k + ahead);
                S.Store(dx + k, S.Zero);
            }
            new Span<float>(dx + k, pixels - k).Clear();
            for (int p = 0; p < outputs;)
            {
                Simd.PrefetchNear(dy + p + (ahead / 2));
                Simd.PrefetchNear(argMax + p + (ahead / 2));
                for (int end = Math.Min(p + line, outputs); p < end; p++) dx[argMax[p]] += dy[p];
            }
        }
    }
}
