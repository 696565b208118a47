using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Windows of 3×3 by 2 (<see cref="Windows3x3"/>), reduced along rows first: the last row of a window is the first of the one below, and its results
/// are kept for it. Along the vector: output columns. The pixels under a window's first and third column are the even ones of a row, those
/// under the second the odd ones.
/// </summary>
/// <remarks>
/// Rows of results that are shorter than a vector are written beyond their end, because the next row is written after them. Places are kept as
/// floats until they are stored, which is exact below 2²⁴.
/// </remarks>
internal readonly unsafe ref struct Forward3x3<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    private readonly PoolShape _shape;
    private readonly float* _x;
    private readonly float* _xBegin;
    private readonly float* _xEnd;
    private readonly int _lastVector;

    /// <summary>Pools planes at <paramref name="x"/>; input may be read from <paramref name="xBegin"/> up to <paramref name="xEnd"/>.</summary>
    public Forward3x3(in PoolShape shape, float* x, float* xBegin, float* xEnd)
    {
        (_shape, _lastVector) = (shape, Math.Max(shape.OutputWidth - S.Lanes, 0));
        _x = x;
        _xBegin = xBegin;
        _xEnd = xEnd;
    }

    // What the vectors of a row of windows read of a row of pixels.
    private int Reach => (2 * (_lastVector + S.Lanes)) + 1;

    // A row of results, in vectors of which the last overlaps the one before.
    private int Pitch => _lastVector + S.Lanes;

    /// <summary>The working memory that it needs, in floats.</summary>
    public long ScratchLength => (4 * Pitch) + (3 * Reach);

    /// <summary>How far beyond its end a row is written.</summary>
    public int Overrun => Pitch - _shape.OutputWidth;

    /// <summary>Pools some rows of windows, those of one plane behind those of the one before.</summary>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="endRow">The row behind the last.</param>
    /// <param name="columnWeights">Of sums.</param>
    /// <param name="rowWeights">Of sums, for the rows of a plane.</param>
    /// <param name="y">Receives results from the first row on.</param>
    /// <param name="argMax">Receives places of maxima.</param>
    /// <param name="scratch">Working memory.</param>
    /// <returns>Whether the reduction is to be trusted.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Rows<TReduction, TStore>(int firstRow, int endRow, float* columnWeights, float* rowWeights, float* y, int* argMax, float* scratch)
        where TReduction : struct, IReduction<V>
        where TStore : struct, IStore
    {
        int width = _shape.W, height = _shape.H, outputs = _shape.OutputWidth, rows = _shape.OutputHeight, pitch = Pitch, reach = Reach, last = _lastVector;
        int before = _shape.ColumnAxis.Before, top = _shape.RowAxis.Before;
        bool hasLeft = before > 0, hasRight = (2 * outputs) - before == width;
        float* old = scratch, fresh = old + (2 * pitch), nothing = fresh + (2 * pitch), aCopy = nothing + reach, bCopy = aCopy + reach;
        for (int w = 0; w < reach; w++) nothing[w] = TReduction.Outside;
        V one = S.Broadcast(1), below = S.Broadcast(width), twoBelow = S.Broadcast(2 * width), twice = S.Add(S.Iota, S.Iota), watched = S.Zero;
        V leftEdge = hasLeft ? S.WhereEqual(S.Iota, S.Zero, one, S.Zero) : S.Zero;
        V rightEdge = hasRight ? S.WhereEqual(S.Iota, S.Broadcast(outputs - 1 - last), one, S.Zero) : S.Zero;
        int i = firstRow % rows;
        float* x = _x + ((nint)(firstRow / rows) * width * height), xBegin = _xBegin, xEnd = _xEnd;
        bool isFirst = true;
        for (int row = firstRow; row < endRow; row++, y += outputs, argMax += outputs)
        {
            int h = (2 * i) - top;
            float* begin = x + ((nint)h * width) - before;
            if (isFirst)
            {
                // A row above the image has no pixels: if the others have only −∞, the place is the first of the next row.
                float* from = h < 0 ? nothing : Readable(begin, reach, xBegin, xEnd, aCopy);
                V toImage = h < 0 ? below : S.Zero;
                for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
                {
                    (V result, V tap) = Reduce<TReduction>(from + (2 * j), true, j == 0 ? leftEdge : S.Zero, j == last ? rightEdge : S.Zero, ref watched);
                    S.Store(old + j, result);
                    if (TReduction.HasPlaces) S.Store(old + pitch + j, S.Add(tap, toImage));
                    if (j == last) break;
                }
            }
            float* a = Readable(begin + width, reach, xBegin, xEnd, aCopy);
            float* b = h + 2 < height ? Readable(begin + (2 * (nint)width), reach, xBegin, xEnd, bCopy) : nothing;
            V rowWeight = TReduction.HasPlaces ? S.Zero : S.Broadcast(rowWeights[i]);
            for (int j = 0; ; j = Math.Min(j + S.Lanes, last))
            {
                Rows2x2.Prefetch<S, V>(a + (2 * j), b + (2 * j));
                if (!TStore.IsStreaming)
                {
                    Simd.PrefetchNear(y + j + Rows2x2.Ahead);
                    if (TReduction.HasPlaces) Simd.PrefetchNear(argMax + j + Rows2x2.Ahead);
                }
                bool isEdge = (j == 0 && hasLeft) || (j == last && hasRight);
                V left = leftEdge, right = rightEdge;
                if (isEdge && j != 0) left = S.Zero;
                if (isEdge && j != last) right = S.Zero;
                V result = S.Load(old + j), at = TReduction.HasPlaces ? S.Load(old + pitch + j) : S.Zero;
                (V aResult, V aTap) = Reduce<TReduction>(a + (2 * j), isEdge, left, right, ref watched);
                (V bResult, V bTap) = Reduce<TReduction>(b + (2 * j), isEdge, left, right, ref watched);
                S.Store(fresh + j, bResult);
                if (TReduction.HasPlaces) S.Store(fresh + pitch + j, bTap);
                TReduction.Add(aResult, S.Add(aTap, below), ref result, ref at);
                TReduction.Add(bResult, S.Add(bTap, twoBelow), ref result, ref at);
                if (TReduction.HasPlaces)
                {
                    V origin = S.Add(S.Broadcast((h * width) - before + (2 * j)), twice);
                    TStore.Store<S, V>(y + j, result);
                    TStore.Store<S, V>((float*)argMax + j, S.ToInt32(S.Add(at, origin)));
                }
                else TStore.Store<S, V>(y + j, S.Multiply(result, S.Multiply(rowWeight, S.Load(columnWeights + j))));
                if (j == last) break;
            }
            float* free = old;
            old = fresh;
            fresh = free;
            isFirst = ++i == rows;
            if (!isFirst) continue;
            i = 0;
            x += (nint)width * height;
        }
        return !float.IsNaN(S.Sum(watched));
    }

    /// <summary>What the windows hold of a row: results, and of maxima the column in the window. Edges are lanes of 1 whose pixel is outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Result, V Tap) Reduce<TReduction>(float* row, bool isEdge, V left, V right, ref V watched) where TReduction : struct, IReduction<V>
    {
        V result = S.Deinterleave(S.Load(row), S.Load(row + S.Lanes)).Even, tap = S.Zero;
        (V second, V third) = S.Deinterleave(S.Load(row + 1), S.Load(row + 1 + S.Lanes));
        if (isEdge)
        {
            V outside = S.Broadcast(TReduction.Outside);
            result = S.WherePositive(left, outside, result);
            third = S.WherePositive(right, outside, third);
            tap = left;
        }
        watched = TReduction.Watch(watched, result, second, third);
        TReduction.Add(second, S.Broadcast(1), ref result, ref tap);
        TReduction.Add(third, S.Broadcast(2), ref result, ref tap);
        return (result, tap);
    }

    /// <summary>A row, or a copy of it where vectors would reach over either end of memory. Inlined: a call would cost the loops their registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Readable(float* row, int reach, float* begin, float* end, float* copy)
    {
        if (row >= begin && row + reach <= end) return row;
        for (int w = 0; w < reach; w++) copy[w] = row + w >= begin && row + w < end ? row[w] : 0;
        return copy;
    }
}
