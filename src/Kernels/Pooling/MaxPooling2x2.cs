using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The commonest max pooling, 2×2 windows side by side without padding. Along the vector: output columns. Two vectors of each
/// input row are parted into even and odd columns, so that the four pixels of a window meet in one lane.
/// </summary>
/// <remarks>
/// Places are kept as floats until they are stored, which is exact below 2²⁴. A vector may run over the end of its row, because the
/// next row is written after it; where it would run over the end of the planes, single numbers are used.
/// </remarks>
internal static unsafe class MaxPooling2x2
{
    public static bool Fits(in PoolShape shape) =>
        shape.Window == 2 && shape.Stride == 2 && shape.IsPlain && shape.InputPlane < 1 << 24;

    /// <summary>Pools one plane. Input may be read up to <paramref name="xEnd"/>, output written up to <paramref name="yEnd"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<S, V>(in PoolShape shape, float* x, float* xEnd, float* y, float* yEnd, int* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int width = shape.W;
        V one = S.Broadcast(1), row = S.Broadcast(width), twice = S.Add(S.Iota, S.Iota);
        for (int i = 0; i < shape.OutputHeight; i++)
        {
            int j = 0;
            for (; j < shape.OutputWidth; j += S.Lanes)
            {
                int place = (2 * i * width) + (2 * j);
                float* from = x + place;
                if (from + width + (2 * S.Lanes) > xEnd || y + j + S.Lanes > yEnd) break;
                (V best, V x1) = S.Deinterleave(S.Load(from), S.Load(from + S.Lanes));
                (V x2, V x3) = S.Deinterleave(S.Load(from + width), S.Load(from + width + S.Lanes));
                V at = S.Add(S.Broadcast(place), twice), at1 = S.Add(at, one), at2 = S.Add(at, row), at3 = S.Add(at1, row);
                at = S.WhereBeats(x1, best, at1, at);
                best = S.WhereBeats(x1, best, x1, best);
                at = S.WhereBeats(x2, best, at2, at);
                best = S.WhereBeats(x2, best, x2, best);
                at = S.WhereBeats(x3, best, at3, at);
                best = S.WhereBeats(x3, best, x3, best);
                S.Store(y + j, best);
                S.StoreInt32(argMax + j, at);
            }
            for (; j < shape.OutputWidth; j++) One(x, (2 * i * width) + (2 * j), width, y + j, argMax + j);
            y += shape.OutputWidth;
            argMax += shape.OutputWidth;
        }
    }

    private static void One(float* x, int place, int width, float* y, int* argMax)
    {
        (float best, int at) = (x[place], place);
        foreach (int next in (ReadOnlySpan<int>)[place + 1, place + width, place + width + 1])
            if (x[next] > best || float.IsNaN(x[next])) (best, at) = (x[next], next);
        (*y, *argMax) = (best, at);
    }

    /// <summary>Sends each delta of one plane to its place. All of the plane is written, up to <paramref name="dxEnd"/> at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<S, V>(in PoolShape shape, float* dy, float* dyEnd, int* argMax, float* dx, float* dxEnd)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int width = shape.W;
        V one = S.Broadcast(1), twice = S.Add(S.Iota, S.Iota);
        // A last row or column that no window reaches.
        if (shape.H % 2 != 0 || width % 2 != 0) new Span<float>(dx, shape.InputPlane).Clear();
        for (int i = 0; i < shape.OutputHeight; i++)
        {
            for (int half = 0; half < 2; half++)
            {
                int first = ((2 * i) + half) * width;
                int j = 0;
                for (; j < shape.OutputWidth; j += S.Lanes)
                {
                    float* to = dx + first + (2 * j);
                    // The column that no window reaches must stay zero, so there vectors keep to their row.
                    float* limit = width % 2 != 0 ? dx + first + width - 1 : dxEnd;
                    if (to + (2 * S.Lanes) > limit || dy + j + S.Lanes > dyEnd) break;
                    V delta = S.Load(dy + j), at = S.LoadInt32(argMax + j), even = S.Add(S.Broadcast(first + (2 * j)), twice);
                    (V low, V high) = S.Interleave(S.WhereEqual(at, even, delta, S.Zero), S.WhereEqual(at, S.Add(even, one), delta, S.Zero));
                    S.Store(to, low);
                    S.Store(to + S.Lanes, high);
                }
                for (; j < shape.OutputWidth; j++)
                {
                    int place = first + (2 * j);
                    dx[place] = argMax[j] == place ? dy[j] : 0;
                    dx[place + 1] = argMax[j] == place + 1 ? dy[j] : 0;
                }
            }
            dy += shape.OutputWidth;
            argMax += shape.OutputWidth;
        }
    }
}
