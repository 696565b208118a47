using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Windows of 3×3 by 2 (<see cref="Windows3x3"/>). Three rows of pixels become one, its columns are parted into even and odd ones, and three of them
/// become a result. Along the vector: columns.
/// </summary>
/// <remarks>
/// Rows are read and written beyond their end: the next row of results is written after them. Places are kept as floats until they are stored, which
/// is exact below 2²⁴. <see cref="Rows{TReduction, TColumns}"/> calls nothing, because the loops would lose their registers, and with them up to a third of the speed.
/// </remarks>
internal readonly unsafe struct Forward3x3<S, V> : IForward3x3<V> where S : struct, ISimd<V> where V : unmanaged
{
    /// <summary>How far ahead memory is asked for: 16 KB, measured best from 4 to 24 KB. 8 KB takes 1.0 to 1.25 of the time.</summary>
    public const int Ahead = 4096;

    private readonly PoolShape _shape;
    private readonly float* _zeros;
    private readonly float* _columnWeights;
    private readonly float* _rowWeights;

    /// <summary>Takes working memory for a row of zeros, and for the weights of means.</summary>
    public Forward3x3(in PoolShape shape, PoolDivisor? divisor, float* scratch)
    {
        _shape = shape;
        if (divisor == null) return;
        _columnWeights = scratch;
        _zeros = _columnWeights + Pitch;
        _rowWeights = _zeros + Reach;
        new Span<float>(scratch, Pitch + Reach).Clear();
        MeanPooling.Weights(shape.ColumnAxis, divisor.Value, _columnWeights);
        MeanPooling.Weights(shape.RowAxis, divisor.Value, _rowWeights);
    }

    /// <summary>The working memory that it needs, in floats.</summary>
    public static int ScratchLength(in PoolShape shape, PoolDivisor? divisor) => divisor == null ? 0 : shape.OutputHeight + (3 * shape.OutputWidth) + (3 * S.Lanes) + 1;

    // A row of results in whole vectors.
    private int Pitch => Quotient.Up(_shape.OutputWidth, S.Lanes) * S.Lanes;

    /// <inheritdoc/>
    public int Reach => (2 * Pitch) + 1;

    /// <inheritdoc/>
    public int Overrun => Pitch - _shape.OutputWidth;

    /// <inheritdoc/>
    public int Begin(int row) => Pixel(row, Math.Max(0, (2 * (row % _shape.OutputHeight)) - _shape.RowAxis.Before));

    /// <inheritdoc/>
    public int End(int row) => Pixel(row, (2 * (row % _shape.OutputHeight)) - _shape.RowAxis.Before + 2) + Reach;

    private int Pixel(int row, int h) => (row / _shape.OutputHeight * _shape.InputPlane) + (h * _shape.W);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Rows<TReduction, TColumns>(int firstRow, int endRow, float* x, float* y, float* argMax, float* memory, float* memoryAt)
        where TReduction : struct, IReduction<V>
        where TColumns : struct, IColumns
    {
        int width = _shape.W, height = _shape.H, outputs = _shape.OutputWidth, rows = _shape.OutputHeight, top = _shape.RowAxis.Before, left = _shape.ColumnAxis.Before;
        float* zeros = _zeros, columnWeights = _columnWeights, rowWeights = _rowWeights;
        nint pitch = Pitch, last = pitch - S.Lanes, begin = TColumns.IsRightward ? 0 : last, end = last - begin, step = TColumns.IsRightward ? S.Lanes : -S.Lanes;
        // Whether the last window's third column is outside, and then the vector and (`edge`) the lane that hold it.
        bool isOver = (2 * outputs) - left == width;
        nint over = isOver ? last : -1;
        V one = S.Broadcast(1), two = S.Broadcast(2), below = S.Broadcast(width), twoBelow = S.Broadcast(2 * width), watched = S.Zero;
        V outside = S.Broadcast(TReduction.Outside), nowhere = S.Broadcast(float.MaxValue), edge = S.WhereEqual(S.Iota, S.Broadcast(outputs - 1 - (int)last), one, S.Zero);
        V columns = S.Add(S.Broadcast((2 * (int)begin) - left), S.Add(S.Iota, S.Iota)), toNext = S.Broadcast(2 * (int)step);
        int i = firstRow % rows, h = (2 * i) - top, sent = ResultLines.Head(y);
        x += (nint)(firstRow / rows) * width * height;
        float* results = y, places = argMax;
        for (int row = firstRow; row < endRow; row++, results += outputs, places += outputs)
        {
            if (memory != null) sent = ResultLines.Send<S, V>(y, memory, TReduction.HasPlaces, argMax, memoryAt, sent, ((row - firstRow) * outputs) - ResultLines.Lag);
            // The middle row is inside. As a maximum it counts twice for one that is not.
            float* b = x + ((nint)(h + 1) * width), a = b - width, c = b + width;
            V aAt = S.Zero, cAt = twoBelow;
            if (h < 0)
            {
                a = TReduction.HasPlaces ? b : zeros;
                aAt = below;
            }
            else if (i == 0) // The first row of other windows is the third of those above, which has been watched.
                for (nint j = 0; j < 2 * pitch; j += 2 * S.Lanes) watched = TReduction.Watch(watched, S.Load(a + j), S.Load(a + j + S.Lanes));
            if (h + 2 >= height)
            {
                c = TReduction.HasPlaces ? b : zeros;
                cAt = below;
            }
            V beside = outside, besideAt = nowhere;
            if (!TColumns.IsRightward && pitch == outputs && !isOver)
            {
                // The last window's third column lies behind the vectors.
                V p = S.Broadcast(a[2 * pitch]), q = S.Broadcast(b[2 * pitch]), r = S.Broadcast(c[2 * pitch]);
                watched = TReduction.Watch(TReduction.Watch(watched, p, q), r, r);
                (beside, besideAt) = TReduction.OfRows(p, q, r, aAt, below, cAt);
            }
            V rowWeight = TReduction.HasPlaces ? S.Zero : S.Broadcast(rowWeights[i]), origin = S.Add(S.Broadcast(h * width), columns);
            for (nint j = begin; ; j += step)
            {
                // Two rows, in the order of memory.
                float* ahead = b + Ahead + (4 * j);
                Simd.PrefetchNear(ahead);
                Simd.PrefetchNear(ahead + S.Lanes);
                Simd.PrefetchNear(ahead + (2 * S.Lanes));
                Simd.PrefetchNear(ahead + (3 * S.Lanes));

                V p = S.Load(a + (2 * j)), q = S.Load(b + (2 * j)), r = S.Load(c + (2 * j));
                watched = TReduction.Watch(watched, q, r);
                (V low, V lowAt) = TReduction.OfRows(p, q, r, aAt, below, cAt);
                p = S.Load(a + (2 * j) + S.Lanes);
                q = S.Load(b + (2 * j) + S.Lanes);
                r = S.Load(c + (2 * j) + S.Lanes);
                watched = TReduction.Watch(watched, q, r);
                (V high, V highAt) = TReduction.OfRows(p, q, r, aAt, below, cAt);

                (V first, V second, V third) = TColumns.Part<S, V>(low, high, ref beside);
                if (TReduction.HasPlaces)
                {
                    (V firstAt, V secondAt, V thirdAt) = TColumns.Part<S, V>(lowAt, highAt, ref besideAt);
                    secondAt = S.Add(secondAt, one);
                    thirdAt = S.Add(thirdAt, two);
                    if (j == over)
                    {
                        third = S.WherePositive(edge, outside, third);
                        thirdAt = S.WherePositive(edge, nowhere, thirdAt);
                    }
                    (V result, V at) = TReduction.OfColumns(first, second, third, firstAt, secondAt, thirdAt);
                    S.Store(results + j, result);
                    S.Store(places + j, S.ToInt32(S.Add(at, origin)));
                    origin = S.Add(origin, toNext);
                }
                else
                {
                    if (j == over) third = S.WherePositive(edge, outside, third);
                    V sum = TReduction.OfColumns(first, second, third, aAt, below, cAt).Result;
                    S.Store(results + j, S.Multiply(sum, S.Multiply(rowWeight, S.Load(columnWeights + j))));
                }
                if (j == end) break;
            }
            h += 2;
            if (++i != rows) continue;
            i = 0;
            h = -top;
            x += (nint)width * height;
        }
        if (memory != null) ResultLines.Send<S, V>(y, memory, TReduction.HasPlaces, argMax, memoryAt, sent, (endRow - firstRow) * outputs);
        return !float.IsNaN(S.Sum(watched));
    }
}
