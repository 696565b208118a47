using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Mean pooling of 2×2 windows side by side without padding (<see cref="Rows2x2"/>): the pixels of windows are the even and the odd lanes of
/// two vectors of a row.
/// </summary>
internal static unsafe class MeanPooling2x2
{
    /// <summary><c>y = weight · Σ x</c> in some planes. Input may be read up to <paramref name="xEnd"/>.</summary>
    public static void Forward<S, V, TStore>(in PoolShape shape, int planes, float weight, float* x, float* xEnd, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        Rows2x2 rows = new(shape, planes, S.Lanes, TStore.IsStreaming, x, xEnd, y, y + ((long)planes * shape.OutputPlane));
        ForwardRows<S, V, TStore>(rows, weight, x, y);
        for (int row = rows.Count; row < planes * rows.Height; row++)
        {
            float* top = x + rows.Pixel(row), low = top + rows.Width, to = y + ((long)row * rows.Outputs);
            for (int j = 0; j < rows.Outputs; j++) to[j] = (top[2 * j] + low[2 * j] + (top[(2 * j) + 1] + low[(2 * j) + 1])) * weight;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRows<S, V, TStore>(in Rows2x2 rows, float weight, float* x, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        int width = rows.Width, outputs = rows.Outputs, last = rows.LastVector, height = rows.Height, count = rows.Count, toNextPlane = rows.ToNextPlane;
        V weights = S.Broadcast(weight);
        for (int row = 0, i = 0; row < count; row++, y += outputs)
        {
            for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
            {
                float* top = x + (2 * j), low = top + width;
                Rows2x2.Prefetch<S, V>(top, low);
                (V even, V odd) = S.Deinterleave(S.Add(S.Load(top), S.Load(low)), S.Add(S.Load(top + S.Lanes), S.Load(low + S.Lanes)));
                TStore.Store<S, V>(y + j, S.Multiply(S.Add(even, odd), weights));
                if (j == last) break;
            }
            x += 2 * width;
            if (++i != height) continue;
            i = 0;
            x += toNextPlane;
        }
    }

    /// <summary><c>∂x = weight · δ</c> in some planes; all of them is written. Deltas may be read up to <paramref name="dyEnd"/>.</summary>
    public static void Backward<S, V, TStore>(in PoolShape shape, int planes, float weight, float* dy, float* dyEnd, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        Rows2x2 rows = new(shape, planes, S.Lanes, TStore.IsStreaming, dx, dx + ((long)planes * shape.InputPlane), dy, dyEnd);
        BackwardRows<S, V, TStore>(rows, weight, dy, dx);
        for (int row = rows.Count; row < planes * rows.Height; row++)
        {
            float* top = dx + rows.Pixel(row), low = top + rows.Width, from = dy + ((long)row * rows.Outputs);
            for (int j = 0; j < rows.Outputs; j++) top[2 * j] = top[(2 * j) + 1] = low[2 * j] = low[(2 * j) + 1] = from[j] * weight;
        }
        Rows2x2.ClearRest(shape, planes, dx);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardRows<S, V, TStore>(in Rows2x2 rows, float weight, float* dy, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        int width = rows.Width, outputs = rows.Outputs, last = rows.LastVector, height = rows.Height, count = rows.Count, toNextPlane = rows.ToNextPlane;
        V weights = S.Broadcast(weight);
        for (int row = 0, i = 0; row < count; row++, dy += outputs)
        {
            for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
            {
                V share = S.Multiply(S.Load(dy + j), weights);
                Rows2x2.Store<S, V, TStore>(dx + (2 * j), share, share, outputs - j);
                Rows2x2.Store<S, V, TStore>(dx + (2 * j) + width, share, share, outputs - j);
                if (j == last) break;
            }
            dx += 2 * width;
            if (++i != height) continue;
            i = 0;
            dx += toNextPlane;
        }
    }
}
