using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The maxima of a plane's windows and their places. Along the vector: output columns, where the stride along rows is 1 or 2; with a
/// stride of 2 the pixels under a window's first and second column are the even and the odd lanes of two vectors of the row.
/// </summary>
/// <remarks>
/// Places are kept as floats until they are stored, which is exact below 2²⁴. Planes whose windows reach over the image's left or right
/// edge, and the last plane, where a vector could reach over the end of memory, are copied between columns of −∞ first. A vector may write
/// over the end of its row, because the next row is written after it.
/// </remarks>
internal readonly unsafe ref struct MaxWindows<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    private readonly PoolShape _shape;
    private readonly PoolAxis _columns;
    private readonly float* _copy;
    private readonly int _pitch;

    /// <summary>The working memory that it needs, in floats.</summary>
    public static long ScratchLength(in PoolShape shape) => HasVectors(shape) ? ((long)shape.H * Pitch(shape.ColumnAxis)) + Reach(shape.ColumnAxis) : 0;

    public MaxWindows(in PoolShape shape, float* scratch)
    {
        (_shape, _columns) = (shape, shape.ColumnAxis);
        _copy = scratch;
        _pitch = Pitch(_columns);
        new Span<float>(scratch, (int)ScratchLength(shape)).Fill(float.NegativeInfinity);
    }

    private static bool HasVectors(in PoolShape shape) => shape.Stride.Width is 1 or 2 && shape.InputPlane < 1 << 24;

    // From one row of the copy to the next: as far as the last window reaches.
    private static int Pitch(PoolAxis columns) => Math.Max(columns.Before + columns.Size, ((columns.Outputs - 1) * columns.Stride) + columns.Window);

    // How far from its first pixel a vector of windows may read in a row.
    private static int Reach(PoolAxis columns) => columns.Window + (2 * S.Lanes);

    /// <summary>Pools one plane. Input may be read up to <paramref name="xEnd"/>, output written up to <paramref name="yEnd"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float* x, float* xEnd, float* y, float* yEnd, int* argMax)
    {
        if (!HasVectors(_shape))
        {
            for (int i = 0; i < _shape.OutputHeight; i++)
                for (int j = 0; j < _columns.Outputs; j++, y++, argMax++) *y = One(x, _shape.Rows(i), _shape.Columns(j), argMax);
            return;
        }
        float* plane = x;
        int pitch = _shape.W;
        if (!_columns.IsPlain || x + _shape.InputPlane + Reach(_columns) > xEnd)
        {
            plane = _copy;
            pitch = _pitch;
            RowCopy.Fill<S, V>(_shape.H, _shape.W, x, _shape.W, _copy + _columns.Before, _pitch);
        }
        for (int i = 0; i < _shape.OutputHeight; i++, y += _columns.Outputs, argMax += _columns.Outputs)
        {
            (int firstRow, int endRow) = _shape.Rows(i);
            if (_columns.Stride == 1) Row(plane + ((nint)firstRow * pitch), pitch, firstRow, endRow, y, yEnd, argMax);
            else RowByTwo(plane + ((nint)firstRow * pitch), pitch, firstRow, endRow, y, yEnd, argMax);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(float* x, nint pitch, int firstRow, int endRow, float* y, float* yEnd, int* argMax)
    {
        int window = _columns.Window;
        V one = S.Broadcast(1), toNextRow = S.Broadcast(_shape.W);
        for (int j = 0; j < _columns.Outputs; j += S.Lanes)
        {
            (V best, V at, V bestAt) = Begin(firstRow, j, S.Iota);
            float* row = x + j;
            for (int h = firstRow; h < endRow; h++, row += pitch, at = S.Add(at, toNextRow))
            {
                V rowBest = S.Load(row), rowAt = at, tap = at;
                for (int s = 1; s < window; s++)
                {
                    tap = S.Add(tap, one);
                    Improve(S.Load(row + s), tap, ref rowBest, ref rowAt);
                }
                Improve(rowBest, rowAt, ref best, ref bestAt);
            }
            Store(best, bestAt, y + j, yEnd, argMax + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RowByTwo(float* x, nint pitch, int firstRow, int endRow, float* y, float* yEnd, int* argMax)
    {
        int window = _columns.Window;
        V one = S.Broadcast(1), toNextRow = S.Broadcast(_shape.W);
        for (int j = 0; j < _columns.Outputs; j += S.Lanes)
        {
            (V best, V at, V bestAt) = Begin(firstRow, j, S.Add(S.Iota, S.Iota));
            float* row = x + (2 * j);
            for (int h = firstRow; h < endRow; h++, row += pitch, at = S.Add(at, toNextRow))
            {
                (V rowBest, V odd) = S.Deinterleave(S.Load(row), S.Load(row + S.Lanes));
                V rowAt = at, tap = S.Add(at, one);
                if (window > 1) Improve(odd, tap, ref rowBest, ref rowAt);
                for (int s = 2; s < window; s += 2)
                {
                    (V even, odd) = S.Deinterleave(S.Load(row + s), S.Load(row + s + S.Lanes));
                    tap = S.Add(tap, one);
                    Improve(even, tap, ref rowBest, ref rowAt);
                    tap = S.Add(tap, one);
                    if (s + 1 < window) Improve(odd, tap, ref rowBest, ref rowAt);
                }
                Improve(rowBest, rowAt, ref best, ref bestAt);
            }
            Store(best, bestAt, y + j, yEnd, argMax + j);
        }
    }

    /// <summary>
    /// Before the first tap of the windows at output columns j and on: no maximum, the tap's place, and as the maximum's place the first
    /// inside the image, which stays if all numbers of the window are −∞.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (V Best, V At, V BestAt) Begin(int firstRow, int j, V steps)
    {
        V column = S.Add(S.Broadcast((j * _columns.Stride) - _columns.Before), steps), row = S.Broadcast(firstRow * _shape.W);
        return (S.Broadcast(float.NegativeInfinity), S.Add(row, column), S.Add(row, S.WherePositive(column, column, S.Zero)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Improve(V value, V at, ref V best, ref V bestAt)
    {
        bestAt = S.WhereBeats(value, best, at, bestAt);
        best = S.WhereBeats(value, best, value, best);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(V best, V bestAt, float* y, float* yEnd, int* argMax)
    {
        if (y + S.Lanes <= yEnd)
        {
            S.Store(y, best);
            S.Store((float*)argMax, S.ToInt32(bestAt));
        }
        else StoreSome(best, bestAt, y, (uint)(yEnd - y) * sizeof(float), argMax);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(V best, V bestAt, float* y, uint bytes, int* argMax)
    {
        bestAt = S.ToInt32(bestAt);
        Unsafe.CopyBlockUnaligned(y, &best, bytes);
        Unsafe.CopyBlockUnaligned(argMax, &bestAt, bytes);
    }

    /// <summary>The maximum of one window, for strides and windows that have no vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float One(float* x, (int First, int End) rows, (int First, int End) columns, int* argMax)
    {
        int width = _shape.W, place = (rows.First * width) + columns.First;
        float best = float.NegativeInfinity;
        for (int h = rows.First; h < rows.End; h++)
            for (int w = columns.First; w < columns.End; w++)
            {
                float value = x[(h * width) + w];
                if (value > best || float.IsNaN(value)) (best, place) = (value, (h * width) + w);
            }
        *argMax = place;
        return best;
    }
}
