using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Transposes as many rows of a matrix as a vector has lanes, by perfect shuffles: to interleave row i with row i + L/2, for all
/// i, moves each number's place, written (row, lane) in bits, round by one bit; after log₂ L times row and lane have changed places.
/// </summary>
internal static unsafe class Transpose
{
    /// <summary><c>to[lane·L + row] = from[row·stride + lane]</c> for L lanes; there may be fewer rows, whose place is then undefined.</summary>
    public static void Run<S, V>(int rows, float* from, nint stride, float* to) where S : struct, ISimd<V> where V : unmanaged =>
        Run<S, V>(rows, from, stride, to, S.Lanes);

    /// <summary>The same into rows that are <paramref name="toStride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Run<S, V>(int rows, float* from, nint stride, float* to, nint toStride) where S : struct, ISimd<V> where V : unmanaged
    {
        int half = S.Lanes / 2, quarter = S.Lanes / 4;
        float* temporary = stackalloc float[(S.Lanes + 1) * S.Lanes];
        temporary = Aligned<V>(temporary);
        for (int i = 0; i < quarter; i++)
        {
            // Rows there are not are read from the first instead.
            V r0 = S.Load(from + (Math.Min(i, rows - 1) * stride)), r1 = S.Load(from + (Math.Min(i + quarter, rows - 1) * stride));
            V r2 = S.Load(from + (Math.Min(i + half, rows - 1) * stride)), r3 = S.Load(from + (Math.Min(i + half + quarter, rows - 1) * stride));
            if (S.Lanes == 4) Twice<S, V>(r0, r1, r2, r3, to, toStride);
            else Twice<S, V>(r0, r1, r2, r3, temporary + (4 * i * S.Lanes), S.Lanes);
        }
        if (S.Lanes == 8)
        {
            for (int i = 0; i < half; i++)
            {
                (V first, V second) = S.Interleave(S.Load(temporary + (i * S.Lanes)), S.Load(temporary + ((i + half) * S.Lanes)));
                S.Store(to + (2 * i * toStride), first);
                S.Store(to + (((2 * i) + 1) * toStride), second);
            }
        }
        else if (S.Lanes == 16)
        {
            for (int i = 0; i < quarter; i++)
            {
                float* row = temporary + (i * S.Lanes);
                Twice<S, V>(
                    S.Load(row), S.Load(row + (quarter * S.Lanes)), S.Load(row + (half * S.Lanes)), S.Load(row + ((half + quarter) * S.Lanes)),
                    to + (4 * i * toStride), toStride);
            }
        }
    }

    /// <summary>
    /// <c>to[c·L + row] = from[row·stride + c]</c> for L rows of C numbers, at least four. Four columns at a time: four rows side by side in
    /// every four lanes, so that two rounds within them are all of the shuffle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromRows<S, V>(int length, float* from, nint stride, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        for (int i = 0; i < length; i += 4)
        {
            int first = Math.Min(i, length - 4); // the last four begin early instead of ending late
            float* column = to + ((nint)first * S.Lanes);
            (V c0, V c1, V c2, V c3) = LoadColumns<S, V>(from + first, stride);
            S.Store(column, c0);
            S.Store(column + S.Lanes, c1);
            S.Store(column + (2 * S.Lanes), c2);
            S.Store(column + (3 * S.Lanes), c3);
        }
    }

    /// <summary>The reverse of <see cref="FromRows"/>: <c>to[row·stride + c] = from[c·L + row]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToRows<S, V>(int length, float* from, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        for (int i = 0; i < length; i += 4)
        {
            int first = Math.Min(i, length - 4);
            float* column = from + ((nint)first * S.Lanes);
            StoreColumns<S, V>(S.Load(column), S.Load(column + S.Lanes), S.Load(column + (2 * S.Lanes)), S.Load(column + (3 * S.Lanes)), to + first, stride);
        }
    }

    /// <summary>Four columns of L rows that are <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V C0, V C1, V C2, V C3) LoadColumns<S, V>(float* from, nint stride) where S : struct, ISimd<V> where V : unmanaged => Turn<S, V>(
        S.LoadQuads(from, 4 * stride), S.LoadQuads(from + stride, 4 * stride), S.LoadQuads(from + (2 * stride), 4 * stride), S.LoadQuads(from + (3 * stride), 4 * stride));

    /// <summary>The reverse of <see cref="LoadColumns"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumns<S, V>(V c0, V c1, V c2, V c3, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        (V r0, V r1, V r2, V r3) = Turn<S, V>(c0, c1, c2, c3);
        S.StoreQuads(to, 4 * stride, r0);
        S.StoreQuads(to + stride, 4 * stride, r1);
        S.StoreQuads(to + (2 * stride), 4 * stride, r2);
        S.StoreQuads(to + (3 * stride), 4 * stride, r3);
    }

    // Transposes the 4×4 numbers in every four lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V, V, V, V) Turn<S, V>(V r0, V r1, V r2, V r3) where S : struct, ISimd<V> where V : unmanaged
    {
        (V a0, V a1) = S.InterleaveQuads(r0, r2);
        (V b0, V b1) = S.InterleaveQuads(r1, r3);
        (V x0, V x1) = S.InterleaveQuads(a0, b0);
        (V x2, V x3) = S.InterleaveQuads(a1, b1);
        return (x0, x1, x2, x3);
    }

    private static float* Aligned<V>(float* address) where V : unmanaged => (float*)(((nuint)address + (nuint)sizeof(V) - 1) & ~((nuint)sizeof(V) - 1));

    // Two rounds at once: rows i, i + L/4, i + L/2 and i + 3L/4 become rows 4i to 4i + 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Twice<S, V>(V r0, V r1, V r2, V r3, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        (V a0, V a1) = S.Interleave(r0, r2);
        (V b0, V b1) = S.Interleave(r1, r3);
        (V x0, V x1) = S.Interleave(a0, b0);
        (V x2, V x3) = S.Interleave(a1, b1);
        S.Store(to, x0);
        S.Store(to + stride, x1);
        S.Store(to + (2 * stride), x2);
        S.Store(to + (3 * stride), x3);
    }
}
