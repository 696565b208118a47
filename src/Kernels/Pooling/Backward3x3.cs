using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>How a window's δ comes back to its pixels.</summary>
internal interface IReturn<V> where V : unmanaged
{
    /// <summary>Whether places of maxima say where to.</summary>
    static abstract bool HasPlaces { get; }

    /// <summary>What pixels have, with δ of one more window added.</summary>
    static abstract V Add(V sum, V delta, V at, V pixel);
}

/// <summary>To the pixel that was the maximum.</summary>
internal readonly struct ToMaximum<S, V> : IReturn<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add(V sum, V delta, V at, V pixel) => S.WhereEqual(at, pixel, S.Add(sum, delta), sum);
}

/// <summary>To all.</summary>
internal readonly struct ToAll<S, V> : IReturn<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add(V sum, V delta, V at, V pixel) => S.Add(sum, delta);
}

/// <summary>
/// The transpose of <see cref="Forward3x3{S, V}"/>, two rows of pixels at a time: one lies in a single row of windows, the other in two, and so do
/// columns. Each pixel adds up what it gets from the one, two or four windows that hold it, in row order. Along the vector: pairs of columns.
/// </summary>
/// <remarks>
/// Deltas, weighted, and places are copied between zeros and places that are none, so that a pixel at the edge has as many windows as others.
/// A row is written beyond its end: vectors go from right to left, and the next row is written after it.
/// </remarks>
internal readonly unsafe ref struct Backward3x3<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    // Rows of windows that are in working memory at once.
    private const int Window = 3;

    private readonly PoolShape _shape;
    private readonly float* _dy;
    private readonly float* _dyEnd;
    private readonly int* _argMax;

    /// <summary>Sends <paramref name="dy"/> back, which may be read up to <paramref name="dyEnd"/>.</summary>
    public Backward3x3(in PoolShape shape, float* dy, float* dyEnd, int* argMax)
    {
        _shape = shape;
        _dy = dy;
        _dyEnd = dyEnd;
        _argMax = argMax;
    }

    /// <summary>Pairs of rows in a plane.</summary>
    public int RowPairs => (_shape.H + 1) / 2;

    /// <summary>Pairs of columns.</summary>
    public int ColumnPairs => (_shape.W + 1) / 2;

    // From one copied row to the next: whole vectors, one before the row and one behind it.
    private int Pitch => ((ColumnPairs + S.Lanes - 1) / S.Lanes * S.Lanes) + (2 * S.Lanes);

    /// <summary>The working memory that it needs, in floats.</summary>
    public long ScratchLength => 2 * Window * Pitch;

    /// <summary>How far beyond its end a row is written.</summary>
    public int Overrun => Math.Max(2 * S.Lanes, 2 * ColumnPairs) - _shape.W;

    /// <summary>Where a pair of rows begins.</summary>
    public long Start(int pair) => (pair / RowPairs * (long)_shape.InputPlane) + (2L * (pair % RowPairs) * _shape.W);

    /// <summary>Writes some pairs of rows, those of one plane behind those of the one before.</summary>
    /// <param name="firstPair">The first of them.</param>
    /// <param name="endPair">The pair behind the last.</param>
    /// <param name="columnWeights">Of means, a vector longer than a row.</param>
    /// <param name="rowWeights">Of means, for the rows of a plane.</param>
    /// <param name="dx">Receives pixels from the first pair on.</param>
    /// <param name="scratch">Working memory.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Rows<TReturn, TStore>(int firstPair, int endPair, float* columnWeights, float* rowWeights, float* dx, float* scratch)
        where TReturn : struct, IReturn<V>
        where TStore : struct, IStore
    {
        int width = _shape.W, height = _shape.H, rows = _shape.OutputHeight, plane = _shape.OutputPlane, pairs = RowPairs, columnPairs = ColumnPairs, pitch = Pitch;
        int last = TStore.IsStreaming ? (columnPairs - 1) / S.Lanes * S.Lanes : Math.Max(columnPairs - S.Lanes, 0);
        // Windows begin at a pixel of even number, and at that in two of them lies; with padding both are the odd one.
        int top = _shape.RowAxis.Before, left = _shape.ColumnAxis.Before;
        bool isTop = top != 0, isLeft = left != 0;
        nint toPlaces = Window * pitch;
        V twice = S.Add(S.Iota, S.Iota), one = S.Broadcast(1), toSingle = S.Broadcast(isTop ? -width : width);
        for (int k = 0; k < Window * pitch; k += S.Lanes)
        {
            S.Store(scratch + k, S.Zero);
            S.Store(scratch + toPlaces + k, S.Broadcast(-1));
        }
        float* low = scratch + S.Lanes, high = low + pitch, next = high + pitch, dy = _dy + ((nint)(firstPair / pairs) * plane);
        int* argMax = _argMax + ((nint)(firstPair / pairs) * plane);
        int n = firstPair % pairs;
        dx -= 2 * (nint)n * width;
        bool isFirst = true;
        for (int pair = firstPair; pair < endPair; pair++)
        {
            // A pair ahead of its use: what has just been stored cannot be loaded a lane further on at once.
            for (int row = n + top + (isFirst ? -1 : 1); row <= n + top + 1; row++)
            {
                float* free = low;
                low = high;
                high = next;
                next = free;
                bool exists = row >= 0 && row < rows;
                CopyRow<TReturn>(exists, dy, argMax, row, columnWeights, TReturn.HasPlaces || !exists ? S.Zero : S.Broadcast(rowWeights[row]), next, next + toPlaces);
            }
            float* upper = dx + (2 * (nint)n * width), lower = upper + width;
            bool hasLower = (2 * n) + 1 < height;
            for (int m = last; ; m = (m - 1) / S.Lanes * S.Lanes)
            {
                // The windows that may hold a pixel: two rows of two.
                float* l = low + m - 1 + left, h = high + m - 1 + left;
                V l0 = S.Load(l), l1 = S.Load(l + 1), h0 = S.Load(h), h1 = S.Load(h + 1);
                V l0At = S.Zero, l1At = S.Zero, h0At = S.Zero, h1At = S.Zero, p = S.Zero, q = S.Zero, r = S.Zero, s = S.Zero;
                if (TReturn.HasPlaces)
                {
                    (l0At, l1At, h0At, h1At) = (S.Load(l + toPlaces), S.Load(l + toPlaces + 1), S.Load(h + toPlaces), S.Load(h + toPlaces + 1));
                    V even = S.Add(S.Broadcast((((2 * n) + top) * width) + (2 * m)), twice), odd = S.Add(even, one);
                    p = isLeft ? odd : even;
                    q = isLeft ? even : odd;
                    r = S.Add(p, toSingle);
                    s = S.Add(q, toSingle);
                }
                V l2 = isLeft ? l0 : l1, l2At = isLeft ? l0At : l1At, h2 = isLeft ? h0 : h1, h2At = isLeft ? h0At : h1At;
                V inFour = TReturn.Add(TReturn.Add(TReturn.Add(TReturn.Add(S.Zero, l0, l0At, p), l1, l1At, p), h0, h0At, p), h1, h1At, p);
                V inColumn = TReturn.Add(TReturn.Add(S.Zero, l2, l2At, q), h2, h2At, q);
                V inRow = isTop
                    ? TReturn.Add(TReturn.Add(S.Zero, l0, l0At, r), l1, l1At, r)
                    : TReturn.Add(TReturn.Add(S.Zero, h0, h0At, r), h1, h1At, r);
                V inOne = isTop ? TReturn.Add(S.Zero, l2, l2At, s) : TReturn.Add(S.Zero, h2, h2At, s);

                V upperShared = isTop ? inRow : inFour, upperOther = isTop ? inOne : inColumn, lowerShared = isTop ? inFour : inRow, lowerOther = isTop ? inColumn : inOne;
                if (!TStore.IsStreaming) Rows2x2.Prefetch<S, V>(upper + (2 * m), lower + (2 * m));
                Rows2x2.Store<S, V, TStore>(upper + (2 * m), isLeft ? upperOther : upperShared, isLeft ? upperShared : upperOther, columnPairs - m);
                if (hasLower) Rows2x2.Store<S, V, TStore>(lower + (2 * m), isLeft ? lowerOther : lowerShared, isLeft ? lowerShared : lowerOther, columnPairs - m);
                if (m == 0) break;
            }
            isFirst = ++n == pairs;
            if (!isFirst) continue;
            n = 0;
            dy += plane;
            argMax += plane;
            dx += (nint)width * height;
        }
    }

    /// <summary>Copies a row of deltas and their places, or nothing for a row that is not there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CopyRow<TReturn>(bool exists, float* dy, int* argMax, int row, float* columnWeights, V rowWeight, float* deltas, float* places)
        where TReturn : struct, IReturn<V>
    {
        int outputs = _shape.OutputWidth;
        V nowhere = S.Broadcast(-1);
        dy += (nint)row * outputs;
        argMax += (nint)row * outputs;
        for (int j = 0; j < outputs; j += S.Lanes)
        {
            V delta = S.Zero, at = nowhere, left = S.Subtract(S.Broadcast(outputs - j), S.Iota);
            if (exists && dy + j + S.Lanes <= _dyEnd)
            {
                // Machines do not foresee reads that come so seldom: without this, images that come from memory take 2.5 times as long.
                Simd.PrefetchNear(dy + j + (Rows2x2.Ahead / 2));
                if (TReturn.HasPlaces) Simd.PrefetchNear(argMax + j + (Rows2x2.Ahead / 2));
                delta = S.WherePositive(left, S.Load(dy + j), S.Zero);
                if (TReturn.HasPlaces) at = S.WherePositive(left, S.LoadInt32(argMax + j), nowhere);
            }
            else if (exists)
            {
                for (int k = j; k < outputs; k++)
                {
                    deltas[k] = dy[k];
                    if (TReturn.HasPlaces) places[k] = argMax[k];
                }
                (delta, at) = (S.Load(deltas + j), S.Load(places + j));
            }
            if (!TReturn.HasPlaces) delta = S.Multiply(delta, S.Multiply(rowWeight, S.Load(columnWeights + j)));
            S.Store(deltas + j, delta);
            if (TReturn.HasPlaces) S.Store(places + j, at);
        }
    }
}
