using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The weighted sums of a plane's windows, and their transpose. Forward: the rows of a window are added up, a whole row of the image at a
/// time, then columns of the sum: R + S additions for a window of R×S instead of R·S. Backward: a row of deltas is spread over columns,
/// then added to the window's rows. Along the vector: columns.
/// </summary>
/// <remarks>
/// The row between the two steps has zeros on both sides, so that windows over the image's edge need no path of their own. Vectors may run
/// over the end of a row in a plane, because the next row is written after it.
/// </remarks>
internal readonly unsafe ref struct WindowSums<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    private readonly PoolShape _shape;
    private readonly PoolDivisor _divisor;
    private readonly PoolAxis _columns;
    private readonly float* _row;
    private readonly float* _weights;
    private readonly float* _shares;

    /// <summary>The working memory that it needs, in floats.</summary>
    public static long ScratchLength(in PoolShape shape) => RowLength(shape) + (2 * WeightsLength(shape));

    public WindowSums(in PoolShape shape, PoolDivisor divisor, float* scratch)
    {
        (_shape, _divisor, _columns) = (shape, divisor, shape.ColumnAxis);
        _row = scratch;
        _weights = scratch + RowLength(shape);
        _shares = _weights + WeightsLength(shape);
        new Span<float>(scratch, (int)ScratchLength(shape)).Clear();
        for (int j = 0; j < _columns.Outputs; j++) _weights[j] = MeanPooling.Weight(_columns, divisor, j);
    }

    // The widest that a row with its zeros gets, and what vectors read or write over its end.
    private static int RowLength(in PoolShape shape) => shape.W + (2 * shape.Window.Width) + (4 * S.Lanes);

    private static int WeightsLength(in PoolShape shape) => shape.OutputWidth + (2 * shape.Window.Width) + (2 * S.Lanes);

    /// <summary>Pools one plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float* x, float* xEnd, float* y, float* yEnd)
    {
        int width = _shape.W, outputs = _columns.Outputs, window = _columns.Window, stride = _columns.Stride;
        float* sums = _row + _columns.Before;
        for (int i = 0; i < _shape.OutputHeight; i++, y += outputs)
        {
            (int firstRow, int endRow) = _shape.Rows(i);
            AddUpRows(x + ((nint)firstRow * width), endRow - firstRow, xEnd, sums);
            float rowWeight = MeanPooling.Weight(_shape.RowAxis, _divisor, i);
            if (stride is not (1 or 2))
            {
                for (int j = 0; j < outputs; j++)
                {
                    (int first, int end) = _columns.Inside(j);
                    float sum = 0;
                    for (int w = first; w < end; w++) sum += sums[w];
                    y[j] = sum * (rowWeight * _weights[j]);
                }
                continue;
            }
            V rowWeights = S.Broadcast(rowWeight);
            for (int j = 0; j < outputs; j += S.Lanes)
            {
                float* from = _row + (j * stride);
                V sum = S.Zero;
                if (stride == 1)
                    for (int s = 0; s < window; s++) sum = S.Add(sum, S.Load(from + s));
                else
                    for (int s = 0; s < window; s += 2)
                    {
                        (V even, V odd) = S.Deinterleave(S.Load(from + s), S.Load(from + s + S.Lanes));
                        sum = s == window - 1 ? S.Add(sum, even) : S.Add(S.Add(sum, even), odd);
                    }
                Store(y + j, S.Multiply(sum, S.Multiply(rowWeights, S.Load(_weights + j))), yEnd);
            }
        }
    }

    /// <summary><c>sums[w] = Σ x[h, w]</c> over some rows, with zeros behind as far as the last window reaches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddUpRows(float* x, int rows, float* xEnd, float* sums)
    {
        int width = _shape.W;
        for (int w = 0; w < width; w += S.Lanes)
        {
            float* from = x + w;
            if (from + ((nint)(rows - 1) * width) + S.Lanes <= xEnd)
            {
                V sum = S.Load(from);
                for (int h = 1; h < rows; h++) sum = S.Add(sum, S.Load(from + ((nint)h * width)));
                S.Store(sums + w, sum);
                continue;
            }
            for (int end = Math.Min(w + S.Lanes, width), v = w; v < end; v++)
            {
                float sum = x[v];
                for (int h = 1; h < rows; h++) sum += x[((nint)h * width) + v];
                sums[v] = sum;
            }
        }
        Clear(sums + width, _columns.Window);
    }

    /// <summary>Spreads the deltas of one plane; all of the plane is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(float* dy, float* dyEnd, float* dx, float* dxEnd)
    {
        int width = _shape.W, written = 0;
        float* row = _row + _columns.Before;
        for (int i = 0; i < _shape.OutputHeight; i++, dy += _columns.Outputs)
        {
            (int firstRow, int endRow) = _shape.Rows(i);
            Spread(dy, dyEnd, MeanPooling.Weight(_shape.RowAxis, _divisor, i));
            // Rows that an earlier window has written are added to, rows that no window holds become zero.
            for (int h = firstRow; h < Math.Min(written, endRow); h++)
            {
                float* to = dx + ((nint)h * width);
                for (int w = 0; w < width; w += S.Lanes)
                {
                    if (to + w + S.Lanes <= dxEnd) S.Store(to + w, S.Add(S.Load(to + w), S.Load(row + w)));
                    else
                        for (int v = w; v < width; v++) to[v] += row[v];
                }
            }
            if (firstRow > written) new Span<float>(dx + ((nint)written * width), (firstRow - written) * width).Clear();
            for (int h = Math.Max(firstRow, written); h < endRow; h++)
                for (int w = 0; w < width; w += S.Lanes) Store(dx + ((nint)h * width) + w, S.Load(row + w), dxEnd);
            written = Math.Max(written, endRow);
        }
        new Span<float>(dx + ((nint)written * width), (_shape.H - written) * width).Clear();
    }

    /// <summary><c>row[w] = Σ weight·δ[j]</c> over the windows j that hold column w, with zeros behind as far as a vector reaches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(float* dy, float* dyEnd, float rowWeight)
    {
        int width = _shape.W, outputs = _columns.Outputs, window = _columns.Window, stride = _columns.Stride;
        float* shares = _shares + window, row = _row + _columns.Before; // both with zeros on both sides
        V rowWeights = S.Broadcast(rowWeight);
        for (int j = 0; j < outputs; j += S.Lanes)
        {
            if (dy + j + S.Lanes <= dyEnd) S.Store(shares + j, S.Multiply(S.Load(dy + j), S.Multiply(rowWeights, S.Load(_weights + j))));
            else
                for (int k = j; k < outputs; k++) shares[k] = dy[k] * (rowWeight * _weights[k]);
        }
        Clear(shares + outputs, window);

        if (stride == 1)
            for (int w = 0; w < width; w += S.Lanes)
            {
                float* from = shares + w + _columns.Before;
                V sum = S.Load(from);
                for (int s = 1; s < window; s++) sum = S.Add(sum, S.Load(from - s));
                S.Store(row + w, sum);
            }
        else if (stride == 2)
            // Columns 2m and 2m + 1 of the padded image lie in windows m − t, as their taps 2t and 2t + 1.
            for (int m = 0; 2 * m < _columns.Before + width; m += S.Lanes)
            {
                V even = S.Zero, odd = S.Zero;
                for (int t = (window - 1) / 2; t >= 0; t--)
                {
                    V share = S.Load(shares + m - t);
                    even = S.Add(even, share);
                    if ((2 * t) + 1 < window) odd = S.Add(odd, share);
                }
                (V low, V high) = S.Interleave(even, odd);
                S.Store(_row + (2 * m), low);
                S.Store(_row + (2 * m) + S.Lanes, high);
            }
        else
        {
            Clear(row, width);
            for (int j = 0; j < outputs; j++)
            {
                (int first, int end) = _columns.Inside(j);
                for (int w = first; w < end; w++) row[w] += shares[j];
            }
        }
        Clear(row + width, S.Lanes);
    }

    /// <summary>Clears working memory, up to a vector more than asked for.</summary>
    private static void Clear(float* from, int length)
    {
        for (int i = 0; i < length; i += S.Lanes) S.Store(from + i, S.Zero);
    }

    /// <summary>Stores a vector, or as much of it as there is room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* to, V value, float* end)
    {
        if (to + S.Lanes <= end) S.Store(to, value);
        else StoreSome(to, value, end);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(float* to, V value, float* end)
    {
        if (to < end) Unsafe.CopyBlockUnaligned(to, &value, (uint)((end - to) * sizeof(float)));
    }
}
