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
    /// <c>to[c·L + row] = from[row·C + c]</c> for L rows of C numbers without gaps, C at most L: the same shuffle of the block as a whole, whose
    /// halves are interleaved, C vectors a round instead of L. The result may take the source's place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void FromShortRows<S, V>(int length, float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        float* buffers = stackalloc float[((2 * S.Lanes) + 1) * S.Lanes];
        buffers = Aligned<V>(buffers);
        if (length == 1) S.Store(to, S.Load(from));
        nint half = length * S.Lanes / 2, quarter = half / 2;
        for (int rows = S.Lanes; rows > 1 && length > 1;)
        {
            bool twice = rows > 2 && length >= 4;
            rows >>= twice ? 2 : 1;
            float* target = rows == 1 ? to : from == buffers ? buffers + (S.Lanes * S.Lanes) : buffers;
            if (twice)
                for (nint i = 0; i < quarter; i += S.Lanes)
                {
                    nint j = Math.Min(i, quarter - S.Lanes); // the last vectors begin early instead of ending late
                    Twice<S, V>(S.Load(from + j), S.Load(from + quarter + j), S.Load(from + half + j), S.Load(from + half + quarter + j), target + (4 * j), S.Lanes);
                }
            else
                for (nint i = 0; i < half; i += S.Lanes)
                {
                    nint j = Math.Min(i, half - S.Lanes);
                    (V first, V second) = S.Interleave(S.Load(from + j), S.Load(from + half + j));
                    S.Store(target + (2 * j), first);
                    S.Store(target + (2 * j) + S.Lanes, second);
                }
            from = target;
        }
    }

    /// <summary>The reverse of <see cref="FromShortRows"/>: <c>to[row·C + c] = from[c·L + row]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void ToShortRows<S, V>(int length, float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        float* buffers = stackalloc float[((2 * S.Lanes) + 1) * S.Lanes];
        buffers = Aligned<V>(buffers);
        if (length == 1) S.Store(to, S.Load(from));
        nint half = length * S.Lanes / 2, quarter = half / 2;
        for (int rows = S.Lanes; rows > 1 && length > 1;)
        {
            bool twice = rows > 2 && length >= 4;
            rows >>= twice ? 2 : 1;
            float* target = rows == 1 ? to : from == buffers ? buffers + (S.Lanes * S.Lanes) : buffers;
            if (twice)
                for (nint i = 0; i < quarter; i += S.Lanes)
                {
                    nint j = Math.Min(i, quarter - S.Lanes);
                    float* row = from + (4 * j);
                    (V a0, V a1) = S.Deinterleave(S.Load(row), S.Load(row + S.Lanes));
                    (V b0, V b1) = S.Deinterleave(S.Load(row + (2 * S.Lanes)), S.Load(row + (3 * S.Lanes)));
                    (V x0, V x1) = S.Deinterleave(a0, b0);
                    (V x2, V x3) = S.Deinterleave(a1, b1);
                    S.Store(target + j, x0);
                    S.Store(target + half + j, x1);
                    S.Store(target + quarter + j, x2);
                    S.Store(target + half + quarter + j, x3);
                }
            else
                for (nint i = 0; i < half; i += S.Lanes)
                {
                    nint j = Math.Min(i, half - S.Lanes);
                    (V even, V odd) = S.Deinterleave(S.Load(from + (2 * j)), S.Load(from + (2 * j) + S.Lanes));
                    S.Store(target + j, even);
                    S.Store(target + half + j, odd);
                }
            from = target;
        }
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
