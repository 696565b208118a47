using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>The commonest windows in C×H×W×N, 2×2 side by side without padding, without loops in a window. Along the vector: images.</summary>
internal static unsafe class ChwnPooling2x2
{
    /// <summary>As <see cref="ChwnPooling.MaxForward"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MaxForward<S, V>(in PoolShape shape, float* x, float* y, int* argMax) where S : struct, ISimd<V> where V : unmanaged
    {
        int channels = shape.C, rows = shape.OutputHeight, outputs = shape.OutputWidth, width = shape.W;
        nint below = (nint)width * S.Lanes, plane = (nint)shape.InputPlane * S.Lanes;
        V one = S.Broadcast(1), two = S.Broadcast(2), toNextRow = S.Broadcast(width);
        for (int c = 0; c < channels; c++, x += plane)
            for (int i = 0; i < rows; i++)
            {
                float* top = x + (2 * i * below);
                V place = S.Broadcast(2 * i * width);
                for (int j = 0; j < outputs; j++, top += 2 * S.Lanes, y += S.Lanes, argMax += S.Lanes, place = S.Add(place, two))
                {
                    float* low = top + below;
                    V x0 = S.Load(top), x1 = S.Load(top + S.Lanes), x2 = S.Load(low), x3 = S.Load(low + S.Lanes), lowPlace = S.Add(place, toNextRow);
                    V above = S.WhereBeats(x1, x0, x1, x0), aboveAt = S.WhereBeats(x1, x0, S.Add(place, one), place);
                    V under = S.WhereBeats(x3, x2, x3, x2), underAt = S.WhereBeats(x3, x2, S.Add(lowPlace, one), lowPlace);
                    S.Store(y, S.WhereBeats(under, above, under, above));
                    S.Store((float*)argMax, S.ToInt32(S.WhereBeats(under, above, underAt, aboveAt)));
                }
            }
    }

    /// <summary>As <see cref="ChwnPooling.MaxBackward"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MaxBackward<S, V>(in PoolShape shape, float* dy, int* argMax, float* dx) where S : struct, ISimd<V> where V : unmanaged
    {
        ClearRest<S, V>(shape, dx);
        int channels = shape.C, rows = shape.OutputHeight, outputs = shape.OutputWidth, width = shape.W;
        nint below = (nint)width * S.Lanes, plane = (nint)shape.InputPlane * S.Lanes;
        V one = S.Broadcast(1), two = S.Broadcast(2), toNextRow = S.Broadcast(width);
        for (int c = 0; c < channels; c++, dx += plane)
            for (int i = 0; i < rows; i++)
            {
                float* top = dx + (2 * i * below);
                V place = S.Broadcast(2 * i * width);
                for (int j = 0; j < outputs; j++, top += 2 * S.Lanes, dy += S.Lanes, argMax += S.Lanes, place = S.Add(place, two))
                {
                    float* low = top + below;
                    V delta = S.Load(dy), at = S.LoadInt32(argMax), lowPlace = S.Add(place, toNextRow);
                    S.Store(top, S.WhereEqual(at, place, delta, S.Zero));
                    S.Store(top + S.Lanes, S.WhereEqual(at, S.Add(place, one), delta, S.Zero));
                    S.Store(low, S.WhereEqual(at, lowPlace, delta, S.Zero));
                    S.Store(low + S.Lanes, S.WhereEqual(at, S.Add(lowPlace, one), delta, S.Zero));
                }
            }
    }

    /// <summary><c>y = weight · Σ x</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MeanForward<S, V>(in PoolShape shape, float weight, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        int channels = shape.C, rows = shape.OutputHeight, outputs = shape.OutputWidth;
        nint below = (nint)shape.W * S.Lanes, plane = (nint)shape.InputPlane * S.Lanes;
        V weights = S.Broadcast(weight);
        for (int c = 0; c < channels; c++, x += plane)
            for (int i = 0; i < rows; i++)
            {
                float* top = x + (2 * i * below);
                for (int j = 0; j < outputs; j++, top += 2 * S.Lanes, y += S.Lanes)
                {
                    V sum = S.Add(S.Add(S.Load(top), S.Load(top + S.Lanes)), S.Load(top + below));
                    S.Store(y, S.Multiply(S.Add(sum, S.Load(top + below + S.Lanes)), weights));
                }
            }
    }

    /// <summary><c>∂x = weight · δ</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MeanBackward<S, V>(in PoolShape shape, float weight, float* dy, float* dx) where S : struct, ISimd<V> where V : unmanaged
    {
        ClearRest<S, V>(shape, dx);
        int channels = shape.C, rows = shape.OutputHeight, outputs = shape.OutputWidth;
        nint below = (nint)shape.W * S.Lanes, plane = (nint)shape.InputPlane * S.Lanes;
        V weights = S.Broadcast(weight);
        for (int c = 0; c < channels; c++, dx += plane)
            for (int i = 0; i < rows; i++)
            {
                float* top = dx + (2 * i * below);
                for (int j = 0; j < outputs; j++, top += 2 * S.Lanes, dy += S.Lanes)
                {
                    V share = S.Multiply(S.Load(dy), weights);
                    S.Store(top, share);
                    S.Store(top + S.Lanes, share);
                    S.Store(top + below, share);
                    S.Store(top + below + S.Lanes, share);
                }
            }
    }

    // A last row or column that no window holds gets nothing.
    private static void ClearRest<S, V>(in PoolShape shape, float* dx) where S : struct, ISimd<V> where V : unmanaged
    {
        if (shape.H % 2 != 0 || shape.W % 2 != 0) new Span<float>(dx, shape.C * shape.InputPlane * S.Lanes).Clear();
    }
}
