using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Windows of 3×3 by 2 (<see cref="Windows3x3"/>) of images so narrow that a row of windows fills at most half a vector: what
/// <see cref="Forward3x3{S, V}"/> does, with two rows of windows in the halves of the vector, which are pushed together at the end.
/// </summary>
/// <remarks>
/// A table says where the pixels of each pair of rows begin, until a pair begins with a plane again, after two planes. So neither edges nor a plane that
/// ends amid a pair need a branch.
/// </remarks>
internal readonly unsafe struct PairedForward3x3<S, V> : IForward3x3<V> where S : struct, ISimd<V> where V : unmanaged
{
    // What the table holds for a pair: where the three rows of pixels of either begin, counted in the planes, and their places; of means, bits that
    // set rows to zero that are outside.
    private const int Entries = 12, Places = 6;

    private readonly PoolShape _shape;
    private readonly int* _pairs;
    private readonly float* _weights;
    private readonly float* _lanes;

    /// <summary>Makes the table in working memory, and the weights of means.</summary>
    public PairedForward3x3(in PoolShape shape, PoolDivisor? divisor, float* scratch)
    {
        _shape = shape;
        int plane = shape.InputPlane, outputs = shape.OutputWidth, rows = shape.OutputHeight, half = S.Lanes / 2;
        _lanes = scratch;
        _pairs = (int*)(_lanes + (3 * S.Lanes));
        _weights = (float*)(_pairs + (Entries * rows));
        // Where results are taken from when they are pushed together, and lanes whose windows have no first or third column.
        int* from = (int*)_lanes;
        float* isFirst = _lanes + S.Lanes, isLast = isFirst + S.Lanes;
        new Span<float>(isFirst, 2 * S.Lanes).Clear();
        isFirst[0] = isFirst[half] = isLast[outputs - 1] = isLast[half + outputs - 1] = 1;
        for (int k = 0; k < S.Lanes; k++) from[k] = k < outputs ? k : half + k - outputs;

        for (int row = 0; row < 2 * rows; row++)
        {
            int second = row < rows ? 0 : 1, h = (2 * (row - (second * rows))) - shape.RowAxis.Before;
            int* pair = _pairs + (row / 2 * Entries) + (3 * (row % 2));
            for (int tap = 0; tap < 3; tap++)
            {
                // As a maximum the middle row, which is inside, counts twice for one that is not.
                bool isInside = h + tap >= 0 && h + tap < shape.H;
                int place = (isInside ? h + tap : h + 1) * shape.W;
                pair[tap] = (second * plane) + place;
                if (divisor == null) ((float*)pair)[Places + tap] = place;
                else pair[Places + tap] = isInside ? -1 : 0;
            }
        }
        if (divisor != null) MeanPooling.Weights<S, V>(shape, divisor.Value, 2 * rows, _weights, _weights + (2 * rows * outputs) + S.Lanes);
    }

    /// <summary>Whether the columns that are in windows fill a vector at most, and a chunk has planes enough for the table to pay.</summary>
    public static bool Fits(in PoolShape shape) =>
        Math.Min(shape.W, (2 * shape.OutputWidth) - shape.ColumnAxis.Before + 1) <= S.Lanes && shape.PlanesPerChunk >= 8;

    /// <summary>The working memory that it needs, in floats.</summary>
    public static int ScratchLength(in PoolShape shape, PoolDivisor? divisor) =>
        (3 * S.Lanes) + (Entries * shape.OutputHeight) + (divisor == null ? 0 : (2 * shape.OutputPlane) + shape.OutputWidth + shape.OutputHeight + (2 * S.Lanes));

    /// <inheritdoc/>
    public int Reach => S.Lanes + (3 * _shape.W); // An odd row at the end is paired with one of a plane that is not there.

    /// <inheritdoc/>
    public int Overrun => S.Lanes - _shape.OutputWidth;

    /// <inheritdoc/>
    public int Begin(int row) => Pixel(row & ~1, 0);

    /// <inheritdoc/>
    public int End(int row) => Pixel(row | 1, 2) + S.Lanes;

    // The first pixel of a row under the windows of a row.
    private int Pixel(int row, int tap) =>
        (row / _shape.OutputHeight * _shape.InputPlane) + (Math.Max(0, (2 * (row % _shape.OutputHeight)) - _shape.RowAxis.Before + tap) * _shape.W);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Rows<TReduction, TColumns>(int firstRow, int endRow, float* x, float* y, float* argMax, float* memory, float* memoryAt)
        where TReduction : struct, IReduction<V>
        where TColumns : struct, IColumns
    {
        int rows = _shape.OutputHeight, outputs = 2 * _shape.OutputWidth, count = (endRow - firstRow + 1) / 2, n = firstRow / 2 % rows, sent = ResultLines.Head(y);
        bool isOver = (2 * _shape.OutputWidth) - _shape.ColumnAxis.Before == _shape.W;
        V outside = S.Broadcast(TReduction.Outside), nowhere = S.Broadcast(float.MaxValue), watched = S.Zero, columns = S.Iota;
        V lanes = S.Load(_lanes), isFirst = S.Load(_lanes + S.Lanes), isLast = S.Load(_lanes + (2 * S.Lanes));
        int* pair = _pairs + (n * Entries);
        float* results = y, resultsAt = argMax, weights = _weights + (n * outputs);
        x += (nint)(firstRow / 2 / rows) * 2 * _shape.InputPlane;
        for (; count > 0; count--, pair += Entries, results += outputs, resultsAt += outputs, weights += outputs)
        {
            if (memory != null) sent = ResultLines.Send<S, V>(y, memory, TReduction.HasPlaces, argMax, memoryAt, sent, (int)(results - y) - ResultLines.Lag);
            float* ahead = x + pair[1] + Forward3x3<S, V>.Ahead;
            Simd.PrefetchNear(ahead);
            Simd.PrefetchNear(ahead + S.Lanes);
            Simd.PrefetchNear(ahead + (2 * S.Lanes));
            Simd.PrefetchNear(ahead + (3 * S.Lanes));

            V a = S.Load(x + pair[0]), b = S.Load(x + pair[1]), c = S.Load(x + pair[2]), d = S.Load(x + pair[3]), e = S.Load(x + pair[4]), f = S.Load(x + pair[5]);
            float* at = (float*)pair + Places;
            V p = S.Broadcast(at[0]), q = S.Broadcast(at[1]), r = S.Broadcast(at[2]), s = S.Broadcast(at[3]), t = S.Broadcast(at[4]), u = S.Broadcast(at[5]);
            watched = TReduction.Watch(TReduction.Watch(TReduction.Watch(watched, a, b), c, d), e, f);
            V beside = S.Zero;
            if (TReduction.HasPlaces)
            {
                (V low, V lowAt) = TReduction.OfRows(a, b, c, p, q, r);
                (V high, V highAt) = TReduction.OfRows(d, e, f, s, t, u);
                (V first, V second, V third) = TColumns.Part<S, V>(low, high, ref beside);
                (V firstAt, V secondAt, V thirdAt) = TColumns.Part<S, V>(S.Add(lowAt, columns), S.Add(highAt, columns), ref beside);
                if (TColumns.IsRightward) (first, firstAt) = (S.WherePositive(isFirst, outside, first), S.WherePositive(isFirst, nowhere, firstAt));
                if (isOver) (third, thirdAt) = (S.WherePositive(isLast, outside, third), S.WherePositive(isLast, nowhere, thirdAt));
                (V result, V resultAt) = TReduction.OfColumns(first, second, third, firstAt, secondAt, thirdAt);
                S.Store(results, S.Permute(result, lanes));
                S.Store(resultsAt, S.Permute(S.ToInt32(resultAt), lanes));
            }
            else
            {
                V low = TReduction.OfRows(S.And(a, p), b, S.And(c, r), p, q, r).Result, high = TReduction.OfRows(S.And(d, s), e, S.And(f, u), s, t, u).Result;
                (V first, V second, V third) = TColumns.Part<S, V>(low, high, ref beside);
                if (TColumns.IsRightward) first = S.WherePositive(isFirst, outside, first);
                if (isOver) third = S.WherePositive(isLast, outside, third);
                V sum = TReduction.OfColumns(first, second, third, first, second, third).Result;
                S.Store(results, S.Multiply(S.Permute(sum, lanes), S.Load(weights)));
            }
            if (++n != rows) continue;
            n = 0;
            pair = _pairs - Entries;
            weights = _weights - outputs;
            x += 2 * (nint)_shape.InputPlane;
        }
        if (memory != null) ResultLines.Send<S, V>(y, memory, TReduction.HasPlaces, argMax, memoryAt, sent, (endRow - firstRow) * _shape.OutputWidth);
        return !float.IsNaN(S.Sum(watched));
    }
}
