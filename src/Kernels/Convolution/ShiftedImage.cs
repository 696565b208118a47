namespace CnnEngine.Kernels;

/// <summary>
/// An image laid out so that every tap of the filter sees it as one contiguous run. The image is padded and, for a stride above
/// one, split into phases: plane (a, b) of a channel holds the pixels of rows ≡ a (mod stride) and columns ≡ b. Then output
/// pixel p, counted along rows of <see cref="RowLength"/>, meets tap t at address <c>Offsets[t] + p</c>: a convolution of any
/// stride and dilation is a sum of shifted planes, and no column buffer is needed. The price are RowLength − W' idle columns at
/// the end of each output row.
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
        for (int c = 0; c < _shape.GroupChannels; c++)
            for (int r = 0; r < _shape.R; r++)
                for (int s = 0; s < _shape.S; s++)
                    *offsets++ = (c * ChannelLength) + TapOffset(r, s);
    }

    /// <summary>Where tap (r, s) starts within a channel.</summary>
    public int TapOffset(int r, int s)
    {
        int row = r * _shape.Dilation.Height, column = s * _shape.Dilation.Width;
        int phaseRow = Phase(row, _shape.Stride.Height, _shape.Dilation.Height);
        int phaseColumn = Phase(column, _shape.Stride.Width, _shape.Dilation.Width);
        int plane = ((phaseRow * _phaseColumns) + phaseColumn) * Rows * RowLength;
        return plane + (row / _shape.Stride.Height * RowLength) + (column / _shape.Stride.Width);
    }

    /// <summary>Lays out one group of one image, from output row <paramref name="firstRow"/> on.</summary>
    /// <param name="image">The group's first channel, (C/g)×H×W.</param>
    /// <param name="firstRow">The first output row covered.</param>
    /// <param name="planes">Receives <see cref="Length"/> numbers.</param>
    public unsafe void Gather(float* image, int firstRow, float* planes) => Move(image, firstRow, planes, scatter: false);

    /// <summary>The reverse: writes every pixel of the image from its place in the planes, and zero where no tap reaches.</summary>
    /// <remarks>Only for a layout of all output rows.</remarks>
    public unsafe void Scatter(float* planes, float* image)
    {
        new Span<float>(image, _shape.GroupChannels * _shape.InputPlane).Clear();
        Move(image, 0, planes, scatter: true);
    }

    private unsafe void Move(float* image, int firstRow, float* planes, bool scatter)
    {
        int strideRows = _shape.Stride.Height, strideColumns = _shape.Stride.Width;
        for (int c = 0; c < _shape.GroupChannels; c++, image += _shape.InputPlane)
            for (int phaseRow = 0; phaseRow < _phaseRows; phaseRow++)
                for (int phaseColumn = 0; phaseColumn < _phaseColumns; phaseColumn++)
                {
                    int top = (firstRow * strideRows) + FirstOf(phaseRow, strideRows, _shape.Dilation.Height) - _shape.Padding.Top;
                    int left = FirstOf(phaseColumn, strideColumns, _shape.Dilation.Width) - _shape.Padding.Left;
                    // Columns [before, end) of the plane lie inside the image.
                    int before = left >= 0 ? 0 : Math.Min((strideColumns - 1 - left) / strideColumns, RowLength);
                    int end = left >= _shape.W ? before : Math.Clamp(((_shape.W - 1 - left) / strideColumns) + 1, before, RowLength);
                    for (int i = 0; i < Rows; i++, planes += RowLength)
                    {
                        int row = top + (i * strideRows);
                        bool inside = row >= 0 && row < _shape.H;
                        if (scatter)
                        {
                            if (inside) ScatterRow(planes, before, end, image + (row * _shape.W) + left, strideColumns);
                        }
                        else if (inside) GatherRow(image + (row * _shape.W) + left, strideColumns, before, end, planes, RowLength);
                        else new Span<float>(planes, RowLength).Clear();
                    }
                }
    }

    private static unsafe void GatherRow(float* from, int stride, int before, int end, float* to, int length)
    {
        for (int j = 0; j < before; j++) to[j] = 0;
        if (stride == 1)
            new ReadOnlySpan<float>(from + before, end - before).CopyTo(new Span<float>(to + before, end - before));
        else
            for (int j = before; j < end; j++) to[j] = from[j * stride];
        for (int j = end; j < length; j++) to[j] = 0;
    }

    private static unsafe void ScatterRow(float* from, int before, int end, float* to, int stride)
    {
        if (stride == 1)
            new ReadOnlySpan<float>(from + before, end - before).CopyTo(new Span<float>(to + before, end - before));
        else
            for (int j = before; j < end; j++) to[j * stride] = from[j];
    }

    // Taps fall on the residues 0, d, 2d, … (mod stride): min(taps, stride / gcd(d, stride)) different ones, met in this order.
    private static int UsedPhases(int taps, int stride, int dilation) =>
        Math.Min(taps, stride / GreatestCommonDivisor(stride, dilation));

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

    private static int FirstOf(int phase, int stride, int dilation) => phase * dilation % stride;

    private static int Phase(int position, int stride, int dilation)
    {
        int residue = position % stride;
        int phase = 0;
        while (FirstOf(phase, stride, dilation) != residue) phase++;
        return phase;
    }
}
