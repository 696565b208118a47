namespace CnnEngine.Kernels;

/// <summary>
/// An image laid out so that every tap of the filter sees it as one contiguous run. The image is padded and, for a stride above
/// one, split into phases: plane (a, b) of a channel holds the pixels of rows ≡ a (mod stride) and columns ≡ b. Then output
/// pixel p, counted along rows of <see cref="RowLength"/>, meets tap t at address <c>offset(t) + p</c> (<see cref="WriteOffsets"/>):
/// a convolution of any stride and dilation is a sum of shifted planes, and no column buffer is needed. The price are
/// RowLength − W' idle columns at the end of each output row.
/// </summary>
internal readonly struct ShiftedImage
{
    private readonly ConvShape _shape;
    private readonly int _phaseRows;
    private readonly int _phaseColumns;

    /// <summary>The layout for <paramref name="outputRows"/> rows of the output of one group's channels.</summary>
    public ShiftedImage(in ConvShape shape, int outputRows)
    {
        _shape = shape;
        OutputRows = outputRows;
        // Only phases that a tap falls on are laid out: one for a 1×1 filter of any stride.
        _phaseRows = UsedPhases(shape.R, shape.Stride.Height, shape.Dilation.Height);
        _phaseColumns = UsedPhases(shape.S, shape.Stride.Width, shape.Dilation.Width);
        Rows = outputRows + ((shape.R - 1) * shape.Dilation.Height / shape.Stride.Height);
        RowLength = shape.OutputWidth + ((shape.S - 1) * shape.Dilation.Width / shape.Stride.Width);
    }

    /// <summary>Output rows covered.</summary>
    public int OutputRows { get; }

    /// <summary>Rows of one plane.</summary>
    public int Rows { get; }

    /// <summary>Columns of one plane, and the distance between two output rows.</summary>
    public int RowLength { get; }

    /// <summary>Output pixels from the first to the last, idle ones between rows included.</summary>
    public int Pixels => ((OutputRows - 1) * RowLength) + _shape.OutputWidth;

    /// <summary>Numbers of one channel: all its planes.</summary>
    public int ChannelLength => _phaseRows * _phaseColumns * Rows * RowLength;

    /// <summary>Numbers of one group's channels.</summary>
    public long Length => (long)_shape.GroupChannels * ChannelLength;

    /// <summary>Where tap (c, r, s), numbered as in the filter, starts: its channel, its phase, its shift.</summary>
    public unsafe void WriteOffsets(int* offsets)
    {
        int area = _shape.R * _shape.S;
        for (int r = 0; r < _shape.R; r++)
            for (int s = 0; s < _shape.S; s++, offsets++)
            {
                int first = TapOffset(r, s);
                for (int c = 0; c < _shape.GroupChannels; c++) offsets[c * area] = first + (c * ChannelLength);
            }
    }

    /// <summary>Where tap (r, s) starts within a channel.</summary>
    public int TapOffset(int r, int s) =>
        Shift(r * _shape.Dilation.Height, _shape.Stride.Height, _shape.Dilation.Height, _phaseColumns * Rows * RowLength, RowLength)
        + Shift(s * _shape.Dilation.Width, _shape.Stride.Width, _shape.Dilation.Width, Rows * RowLength, 1);

    /// <summary>Whether the image lies in memory as the layout wants it, so that nothing need be copied.</summary>
    public bool IsImageItself =>
        _phaseRows * _phaseColumns == 1 && _shape.Stride == 1 && _shape.Padding == Padding.Valid && Rows == _shape.H && RowLength == _shape.W;

    /// <summary>Lays out one group of one image, from output row <paramref name="firstRow"/> on.</summary>
    /// <param name="image">The group's first channel, (C/g)×H×W.</param>
    /// <param name="firstRow">The first output row covered.</param>
    /// <param name="planes">Receives <see cref="Length"/> numbers.</param>
    public unsafe void Gather<S, V>(float* image, int firstRow, float* planes) where S : struct, ISimd<V> where V : unmanaged
    {
        float* imageEnd = image + ((long)_shape.GroupChannels * _shape.InputPlane);
        for (int c = 0; c < _shape.GroupChannels; c++, image += _shape.InputPlane)
            for (int phase = 0; phase < _phaseRows * _phaseColumns; phase++, planes += Rows * RowLength)
            {
                Window inside = Inside(phase, firstRow);
                if (inside.IsEmpty)
                {
                    new Span<float>(planes, Rows * RowLength).Clear();
                    continue;
                }
                float* from = image + (inside.ImageRow * _shape.W) + inside.ImageColumn;
                int fromStride = _shape.Stride.Height * _shape.W;
                int before = (inside.FirstRow * RowLength) + inside.FirstColumn;
                new Span<float>(planes, before).Clear();
                float* to = planes + before;
                int after = ((Rows - inside.EndRow) * RowLength) + RowLength - inside.EndColumn;
                if (_shape.Stride.Width == 1)
                {
                    // The gap behind a row reaches to the next row's first pixel; the last row has none.
                    int last = inside.RowCount - 1;
                    RowCopy.Spread<S, V>(last, inside.ColumnCount, from, fromStride, imageEnd, to, RowLength);
                    RowCopy.Spread<S, V>(1, inside.ColumnCount, from + (last * fromStride), fromStride, imageEnd, to + (last * RowLength), inside.ColumnCount);
                }
                else
                {
                    for (int i = 0; i < inside.RowCount; i++)
                    {
                        RowCopy.Every<S, V>(inside.ColumnCount, from + (i * fromStride), _shape.Stride.Width, imageEnd, to + (i * RowLength));
                        if (i < inside.RowCount - 1) new Span<float>(to + (i * RowLength) + inside.ColumnCount, RowLength - inside.ColumnCount).Clear();
                    }
                }
                new Span<float>(planes + (Rows * RowLength) - after, after).Clear();
            }
    }

    /// <summary>
    /// Lays out another image of all output rows where one was laid out before, or zeros: the padding is there already.
    /// </summary>
    public unsafe void Refill<S, V>(float* image, float* readable, float* planes) where S : struct, ISimd<V> where V : unmanaged
    {
        for (int c = 0; c < _shape.GroupChannels; c++, image += _shape.InputPlane)
            for (int phase = 0; phase < _phaseRows * _phaseColumns; phase++, planes += Rows * RowLength)
            {
                Window inside = Inside(phase, 0);
                if (inside.IsEmpty) continue;
                float* from = image + (inside.ImageRow * _shape.W) + inside.ImageColumn, to = planes + (inside.FirstRow * RowLength) + inside.FirstColumn;
                int fromStride = _shape.Stride.Height * _shape.W;
                if (_shape.Stride.Width == 1) RowCopy.Fill<S, V>(inside.RowCount, inside.ColumnCount, from, fromStride, to, RowLength);
                else
                    for (int i = 0; i < inside.RowCount; i++)
                        RowCopy.Every<S, V>(inside.ColumnCount, from + (i * fromStride), _shape.Stride.Width, readable, to + (i * RowLength));
            }
    }

    /// <summary>The part of a plane that lies inside the image, and where in the image it begins.</summary>
    private readonly record struct Window(int FirstRow, int EndRow, int FirstColumn, int EndColumn, int ImageRow, int ImageColumn)
    {
        public int RowCount => EndRow - FirstRow;

        public int ColumnCount => EndColumn - FirstColumn;

        public bool IsEmpty => RowCount <= 0 || ColumnCount <= 0;
    }

    private Window Inside(int phase, int firstOutputRow)
    {
        (int strideRows, int strideColumns) = (_shape.Stride.Height, _shape.Stride.Width);
        int top = (firstOutputRow * strideRows) + FirstOf(phase / _phaseColumns, strideRows, _shape.Dilation.Height) - _shape.Padding.Top;
        int left = FirstOf(phase % _phaseColumns, strideColumns, _shape.Dilation.Width) - _shape.Padding.Left;
        (int firstRow, int endRow) = Clip(top, strideRows, _shape.H, Rows);
        (int firstColumn, int endColumn) = Clip(left, strideColumns, _shape.W, RowLength);
        return new Window(firstRow, endRow, firstColumn, endColumn, top + (firstRow * strideRows), left + (firstColumn * strideColumns));

        // The places i, 0 ≤ i < count, for which start + i·stride lies in 0 … size − 1.
        static (int First, int End) Clip(int start, int stride, int size, int count)
        {
            int first = start >= 0 ? 0 : Math.Min((stride - 1 - start) / stride, count);
            return (first, start >= size ? first : Math.Clamp(((size - 1 - start) / stride) + 1, first, count));
        }
    }

    // Taps fall on the residues 0, d, 2d, … (mod stride): min(taps, stride / gcd(d, stride)) different ones, met in this order.
    public static int UsedPhases(int taps, int stride, int dilation) =>
        Math.Min(taps, stride / GreatestCommonDivisor(stride, dilation));

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

    public static int FirstOf(int phase, int stride, int dilation) => phase * dilation % stride;

    // The way along one axis: to a position's phase, and to its place there.
    private static int Shift(int position, int stride, int dilation, int toPhase, int step)
    {
        if (stride == 1) return position * step; // one phase, and no division
        (int place, int residue) = Math.DivRem(position, stride);
        int phase = 0;
        while (FirstOf(phase, stride, dilation) != residue) phase++;
        return (phase * toPhase) + (place * step);
    }
}
