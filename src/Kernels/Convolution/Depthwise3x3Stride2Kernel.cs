using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// The 3×3 filter of stride 2 on one channel's plane, as <see cref="Depthwise3x3Kernel"/> has it for stride 1. Rows of the image are
/// split into columns of even and odd number as they are loaded; every other row is met by two rows of the filter.
/// </summary>
internal static unsafe class Depthwise3x3Stride2Kernel
{
    private const int Ahead = Depthwise3x3Kernel.Ahead;

    /// <summary><c>y[i, j] = σ(b + Σ_r Σ_s w[r, s] · x[2i + r − top, 2j + s − left])</c>, σ piecewise linear.</summary>
    /// <inheritdoc cref="Depthwise3x3Kernel.Sum" path="/param"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<S, V>(in ConvShape shape, in Depthwise3x3Columns columns, float* masks, float* x, float* w, float bias, Activation activation, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int vectors = columns.Vectors;
        V w00 = S.Broadcast(w[0]), w01 = S.Broadcast(w[1]), w02 = S.Broadcast(w[2]);
        V w10 = S.Broadcast(w[3]), w11 = S.Broadcast(w[4]), w12 = S.Broadcast(w[5]);
        V w20 = S.Broadcast(w[6]), w21 = S.Broadcast(w[7]), w22 = S.Broadcast(w[8]);
        bool isRelu = activation.Kind == ActivationKind.Relu, isBent = isRelu || activation.Kind == ActivationKind.LeakyRelu;
        V biases = S.Broadcast(bias), slope = S.Broadcast(isRelu ? 0 : activation.Slope);
        nint height = shape.H, width = shape.W, rows = shape.OutputHeight, outputs = shape.OutputWidth, top = shape.Padding.Top;
        nint block = columns.BlockRows / 2;
        for (nint start = 0; start < rows; start += block)
        {
            nint end = Math.Min(start + block, rows);
            for (int vector = 0; vector < vectors; vector++)
            {
                nint column = columns.First<S, V>(vector), row = (2 * start) - top;
                float* mask = masks + ((nint)vector * Depthwise3x3Columns.Masks * S.Lanes), from = x + (row * width) + (2 * column) + columns.FirstTap, to = y + (start * outputs) + column;
                V inLeft = S.Load(mask), inMiddle = S.Load(mask + S.Lanes), inRight = S.Load(mask + (2 * S.Lanes));
                V sum = biases;
                if ((nuint)row < (nuint)height)
                {
                    (V l, V m, V r) = Row<S, V>(from, inLeft, inMiddle, inRight);
                    sum = S.MultiplyAdd(w02, r, S.MultiplyAdd(w01, m, S.MultiplyAdd(w00, l, sum)));
                }
                for (nint i = start; i < end; i++, row += 2, from += 2 * width, to += outputs)
                {
                    if ((nuint)(row + 1) < (nuint)height)
                    {
                        (V l, V m, V r) = Row<S, V>(from + width, inLeft, inMiddle, inRight);
                        sum = S.MultiplyAdd(w12, r, S.MultiplyAdd(w11, m, S.MultiplyAdd(w10, l, sum)));
                    }
                    V done = sum;
                    sum = biases;
                    if ((nuint)(row + 2) < (nuint)height)
                    {
                        (V l, V m, V r) = Row<S, V>(from + (2 * width), inLeft, inMiddle, inRight);
                        done = S.MultiplyAdd(w22, r, S.MultiplyAdd(w21, m, S.MultiplyAdd(w20, l, done)));
                        sum = S.MultiplyAdd(w02, r, S.MultiplyAdd(w01, m, S.MultiplyAdd(w00, l, sum)));
                    }
                    if (isBent) done = S.WhereNegative(done, isRelu ? S.Zero : S.Multiply(slope, done), done);
                    S.Store(to, done);
                    Prefetch<S, V>(from, width);
                    Simd.PrefetchNear(to + Ahead);
                }
            }
        }
    }

    /// <summary>
    /// <c>∂x[2q + ρ − top, ·]</c>: the rows of even number, ρ = 0, get δ's rows q and q − 1 by the filter's first and last row, those of odd
    /// number row q by the one between; columns likewise. So of the nine taps a pixel gets 4, 2 or 1, and none that meets a zero.
    /// </summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="columns">∂x's pairs of columns.</param>
    /// <param name="masks">Theirs.</param>
    /// <param name="dy">δ's plane H'×W', readable around it.</param>
    /// <param name="w">The filter.</param>
    /// <param name="dx">Receives the plane H×W, and if that is odd or narrower than two vectors, other numbers behind it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread<S, V>(in ConvShape shape, in Depthwise3x3Columns columns, float* masks, float* dy, float* w, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int vectors = columns.Vectors;
        V w00 = S.Broadcast(w[0]), w01 = S.Broadcast(w[1]), w02 = S.Broadcast(w[2]);
        V w10 = S.Broadcast(w[3]), w11 = S.Broadcast(w[4]), w12 = S.Broadcast(w[5]);
        V w20 = S.Broadcast(w[6]), w21 = S.Broadcast(w[7]), w22 = S.Broadcast(w[8]);
        nint height = shape.H, width = shape.W, rows = shape.OutputHeight, outputs = shape.OutputWidth, top = shape.Padding.Top;
        bool isOddFirst = shape.Padding.Left % 2 == 1;
        nint first = top / 2, last = (height - 1 + top) / 2, block = columns.BlockRows / 2;
        for (nint start = first; start <= last; start += block)
        {
            nint end = Math.Min(start + block, last + 1);
            // From right to left: what the last vectors write beyond their rows is written over.
            for (int vector = vectors - 1; vector >= 0; vector--)
            {
                nint column = columns.First<S, V>(vector), row = (2 * start) - top;
                float* mask = masks + ((nint)vector * Depthwise3x3Columns.Masks * S.Lanes), from = dy + (start * outputs) + column + columns.FirstTap, to = dx + (row * width) + (2 * column);
                V inA = S.Load(mask), inB = S.Load(mask + S.Lanes);
                // δ's columns p and p + 1, in row q − 1 and in row q. Even columns get both, odd ones that of the same block of two.
                V a1 = S.Zero, b1 = S.Zero;
                if ((nuint)(start - 1) < (nuint)rows) (a1, b1) = (S.And(inA, S.Load(from - outputs)), S.And(inB, S.Load(from - outputs + 1)));
                for (nint q = start; q < end; q++, row += 2, from += outputs, to += 2 * width)
                {
                    V a = S.Zero, b = S.Zero;
                    if (q < rows) (a, b) = (S.And(inA, S.Load(from)), S.And(inB, S.Load(from + 1)));
                    V same = isOddFirst ? a : b, same1 = isOddFirst ? a1 : b1;
                    if (row >= 0)
                    {
                        V even = S.MultiplyAdd(w22, a1, S.MultiplyAdd(w20, b1, S.MultiplyAdd(w02, a, S.Multiply(w00, b))));
                        Store<S, V>(to, isOddFirst, even, S.MultiplyAdd(w21, same1, S.Multiply(w01, same)));
                    }
                    if (row + 1 < height) Store<S, V>(to + width, isOddFirst, S.MultiplyAdd(w12, a, S.Multiply(w10, b)), S.Multiply(w11, same));
                    Prefetch<S, V>(to, width);
                    Simd.PrefetchNear(from + Ahead);
                    (a1, b1) = (a, b);
                }
            }
        }
    }

    /// <summary><c>dw[r, s] = Σ_i Σ_j δ[i, j] · x[2i + r − top, 2j + s − left]</c> and <c>db = Σ_i Σ_j δ[i, j]</c>.</summary>
    /// <inheritdoc cref="Depthwise3x3Kernel.Products" path="/param"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Products<S, V>(in ConvShape shape, in Depthwise3x3Columns columns, float* masks, float* x, float* dy, float* dw, float* db)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int vectors = columns.Vectors;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero;
        V c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, deltas = S.Zero;
        nint height = shape.H, width = shape.W, rows = shape.OutputHeight, outputs = shape.OutputWidth, top = shape.Padding.Top;
        nint block = columns.BlockRows / 2;
        for (nint start = 0; start <= rows; start += block)
        {
            nint end = Math.Min(start + block, rows + 1);
            for (int vector = 0; vector < vectors; vector++)
            {
                nint column = columns.First<S, V>(vector), row = (2 * start) - top;
                float* mask = masks + ((nint)vector * Depthwise3x3Columns.Masks * S.Lanes), from = x + (row * width) + (2 * column) + columns.FirstTap, delta = dy + (start * outputs) + column;
                V inLeft = S.Load(mask), inMiddle = S.Load(mask + S.Lanes), inRight = S.Load(mask + (2 * S.Lanes)), isNew = S.Load(mask + (3 * S.Lanes));
                // δ's row above: its last tap meets the same row of x as this one's first.
                V d1 = start > 0 ? S.And(isNew, S.Load(delta - outputs)) : S.Zero;
                for (nint i = start; i < end; i++, row += 2, from += 2 * width, delta += outputs)
                {
                    V d0 = i < rows ? S.And(isNew, S.Load(delta)) : S.Zero;
                    deltas = S.Add(deltas, d0);
                    if ((nuint)row < (nuint)height)
                    {
                        (V l, V m, V r) = Row<S, V>(from, inLeft, inMiddle, inRight);
                        c00 = S.MultiplyAdd(d0, l, c00);
                        c01 = S.MultiplyAdd(d0, m, c01);
                        c02 = S.MultiplyAdd(d0, r, c02);
                        c20 = S.MultiplyAdd(d1, l, c20);
                        c21 = S.MultiplyAdd(d1, m, c21);
                        c22 = S.MultiplyAdd(d1, r, c22);
                    }
                    if ((nuint)(row + 1) < (nuint)height)
                    {
                        (V l, V m, V r) = Row<S, V>(from + width, inLeft, inMiddle, inRight);
                        c10 = S.MultiplyAdd(d0, l, c10);
                        c11 = S.MultiplyAdd(d0, m, c11);
                        c12 = S.MultiplyAdd(d0, r, c12);
                    }
                    Prefetch<S, V>(from, width);
                    Simd.PrefetchNear(delta + Ahead);
                    d1 = d0;
                }
            }
        }
        S.Sums(c00, c01, c02, c10).Store(dw);
        S.Sums(c11, c12, c20, c21).Store(dw + 4);
        dw[8] = S.Sum(c22);
        *db = S.Sum(deltas);
    }

    /// <summary>The pixels of a row that the filter's three columns meet: from the first on every other, from the second, from the third.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Left, V Middle, V Right) Row<S, V>(float* from, V inLeft, V inMiddle, V inRight) where S : struct, ISimd<V> where V : unmanaged
    {
        V left = S.Deinterleave(S.Load(from), S.Load(from + S.Lanes)).Even;
        (V middle, V right) = S.Deinterleave(S.Load(from + 1), S.Load(from + S.Lanes + 1));
        return (S.And(inLeft, left), S.And(inMiddle, middle), S.And(inRight, right));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<S, V>(float* to, bool isOddFirst, V even, V odd) where S : struct, ISimd<V> where V : unmanaged
    {
        (V first, V second) = isOddFirst ? S.Interleave(odd, even) : S.Interleave(even, odd);
        S.Store(to, first);
        S.Store(to + S.Lanes, second);
    }

    /// <summary>Two vectors of each of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<S, V>(float* address, nint width) where S : struct, ISimd<V> where V : unmanaged
    {
        Simd.PrefetchNear(address + Ahead);
        Simd.PrefetchNear(address + Ahead + S.Lanes);
        Simd.PrefetchNear(address + width + Ahead);
        Simd.PrefetchNear(address + width + Ahead + S.Lanes);
    }
}
