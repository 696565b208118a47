using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The commonest max pooling, 2×2 windows side by side without padding (<see cref="Rows2x2"/>). Two vectors of each input row are parted
/// into even and odd columns, so that the four pixels of a window meet in one lane.
/// </summary>
/// <remarks>Places are kept as floats until they are stored, which is exact below 2²⁴.</remarks>
internal static unsafe class MaxPooling2x2
{
    public static bool Fits(in PoolShape shape) => Rows2x2.Fits(shape) && shape.InputPlane < 1 << 24;

    /// <summary>Pools some planes. Input may be read up to <paramref name="xEnd"/>.</summary>
    public static void Forward<S, V, TStore>(in PoolShape shape, int planes, float* x, float* xEnd, float* y, int* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        Rows2x2 rows = new(shape, planes, S.Lanes, TStore.IsStreaming, x, xEnd, y, y + ((long)planes * shape.OutputPlane));
        ForwardRows<S, V, TStore>(rows, x, y, argMax);
        for (int row = rows.Count; row < planes * rows.Height; row++)
        {
            float* plane = x + ((long)(row / rows.Height) * shape.InputPlane);
            int place = 2 * (row % rows.Height) * rows.Width;
            long o = (long)row * rows.Outputs;
            for (int j = 0; j < rows.Outputs; j++, o++, place += 2) One(plane, place, rows.Width, y + o, argMax + o);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRows<S, V, TStore>(in Rows2x2 rows, float* x, float* y, int* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        int width = rows.Width, outputs = rows.Outputs, last = rows.LastVector, height = rows.Height, count = rows.Count, toNextPlane = rows.ToNextPlane;
        V one = S.Broadcast(1), below = S.Broadcast(width), twice = S.Add(S.Iota, S.Iota);
        for (int row = 0, i = 0; row < count; row++, y += outputs, argMax += outputs)
        {
            for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
            {
                float* top = x + (2 * j), low = top + width;
                Rows2x2.Prefetch<S, V>(top, low);
                (V x0, V x1) = S.Deinterleave(S.Load(top), S.Load(top + S.Lanes));
                (V x2, V x3) = S.Deinterleave(S.Load(low), S.Load(low + S.Lanes));
                V at0 = S.Add(S.Broadcast(2 * ((i * width) + j)), twice), at2 = S.Add(at0, below);
                V above = S.WhereBeats(x1, x0, x1, x0), aboveAt = S.WhereBeats(x1, x0, S.Add(at0, one), at0);
                V under = S.WhereBeats(x3, x2, x3, x2), underAt = S.WhereBeats(x3, x2, S.Add(at2, one), at2);
                TStore.Store<S, V>(y + j, S.WhereBeats(under, above, under, above));
                TStore.Store<S, V>((float*)argMax + j, S.ToInt32(S.WhereBeats(under, above, underAt, aboveAt)));
                if (j == last) break;
            }
            x += 2 * width;
            if (++i != height) continue;
            i = 0;
            x += toNextPlane;
        }
    }

    private static void One(float* x, int place, int width, float* y, int* argMax)
    {
        (float best, int at) = (x[place], place);
        foreach (int next in (ReadOnlySpan<int>)[place + 1, place + width, place + width + 1])
            if (x[next] > best || float.IsNaN(x[next])) (best, at) = (x[next], next);
        (*y, *argMax) = (best, at);
    }

    /// <summary>Sends the deltas of some planes to their places; all of the planes is written. Deltas may be read up to <paramref name="dyEnd"/>.</summary>
    public static void Backward<S, V, TStore>(in PoolShape shape, int planes, float* dy, float* dyEnd, int* argMax, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        Rows2x2 rows = new(shape, planes, S.Lanes, TStore.IsStreaming, dx, dx + ((long)planes * shape.InputPlane), dy, dyEnd);
        BackwardRows<S, V, TStore>(rows, dy, argMax, dx);
        for (int row = rows.Count; row < planes * rows.Height; row++)
        {
            float* plane = dx + ((long)(row / rows.Height) * shape.InputPlane);
            int first = 2 * (row % rows.Height) * rows.Width;
            long o = (long)row * rows.Outputs;
            for (int j = 0; j < rows.Outputs; j++, o++, first += 2)
                foreach (int place in (ReadOnlySpan<int>)[first, first + 1, first + rows.Width, first + rows.Width + 1])
                    plane[place] = argMax[o] == place ? dy[o] : 0;
        }
        Rows2x2.ClearRest(shape, planes, dx);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardRows<S, V, TStore>(in Rows2x2 rows, float* dy, int* argMax, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        int width = rows.Width, outputs = rows.Outputs, last = rows.LastVector, height = rows.Height, count = rows.Count, toNextPlane = rows.ToNextPlane;
        V one = S.Broadcast(1), below = S.Broadcast(width), twice = S.Add(S.Iota, S.Iota);
        for (int row = 0, i = 0; row < count; row++, dy += outputs, argMax += outputs)
        {
            for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
            {
                V delta = S.Load(dy + j), at = S.LoadInt32(argMax + j);
                V at0 = S.Add(S.Broadcast(2 * ((i * width) + j)), twice), at2 = S.Add(at0, below);
                V x0 = S.WhereEqual(at, at0, delta, S.Zero), x1 = S.WhereEqual(at, S.Add(at0, one), delta, S.Zero);
                V x2 = S.WhereEqual(at, at2, delta, S.Zero), x3 = S.WhereEqual(at, S.Add(at2, one), delta, S.Zero);
                Rows2x2.Store<S, V, TStore>(dx + (2 * j), x0, x1, outputs - j);
                Rows2x2.Store<S, V, TStore>(dx + (2 * j) + width, x2, x3, outputs - j);
                if (j == last) break;
            }
            dx += 2 * width;
            if (++i != height) continue;
            i = 0;
            dx += toNextPlane;
        }
    }
}
