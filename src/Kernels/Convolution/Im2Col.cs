namespace CnnEngine.Kernels;

/// <summary>
/// The column matrix of one group of one image, (C/g)·R·S × H'·W': row (c, r, s) holds what that tap of the filter sees at each
/// output pixel, so that a convolution is one matrix product (K. Chellapilla et al., "High Performance Convolutional Neural
/// Networks for Document Processing", 2006).
/// </summary>
internal static unsafe class Im2Col
{
    /// <summary><c>columns[(c, r, s), (i, j)] = x[c, i·stride − top + r·dilation, j·stride − left + s·dilation]</c>, 0 outside.</summary>
    public static void Gather(in ConvShape shape, float* x, float* columns)
    {
        for (int c = 0; c < shape.GroupChannels; c++, x += shape.InputPlane)
            for (int r = 0; r < shape.R; r++)
                for (int s = 0; s < shape.S; s++)
                    for (int i = 0; i < shape.OutputHeight; i++, columns += shape.OutputWidth)
                    {
                        int row = (i * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
                        (int first, int end) = InsideColumns(shape, row, s, out int left);
                        for (int j = 0; j < first; j++) columns[j] = 0;
                        float* from = x + (row * shape.W) + left;
                        for (int j = first; j < end; j++) columns[j] = from[j * shape.Stride.Width];
                        for (int j = end; j < shape.OutputWidth; j++) columns[j] = 0;
                    }
    }

    /// <summary>The transpose of <see cref="Gather"/>: every number of the columns is added to the pixel that it was copied from.</summary>
    public static void ScatterAdd(in ConvShape shape, float* columns, float* dx)
    {
        for (int c = 0; c < shape.GroupChannels; c++, dx += shape.InputPlane)
            for (int r = 0; r < shape.R; r++)
                for (int s = 0; s < shape.S; s++)
                    for (int i = 0; i < shape.OutputHeight; i++, columns += shape.OutputWidth)
                    {
                        int row = (i * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
                        (int first, int end) = InsideColumns(shape, row, s, out int left);
                        float* to = dx + (row * shape.W) + left;
                        for (int j = first; j < end; j++) to[j * shape.Stride.Width] += columns[j];
                    }
    }

    /// <summary>The output columns whose tap in column s lies inside the image, none if its row does not.</summary>
    private static (int First, int End) InsideColumns(in ConvShape shape, int row, int s, out int left)
    {
        left = (s * shape.Dilation.Width) - shape.Padding.Left;
        if (row < 0 || row >= shape.H) return (shape.OutputWidth, shape.OutputWidth);
        int stride = shape.Stride.Width;
        int first = left >= 0 ? 0 : Math.Min((stride - 1 - left) / stride, shape.OutputWidth);
        int end = left >= shape.W ? first : Math.Clamp(((shape.W - 1 - left) / stride) + 1, first, shape.OutputWidth);
        return (first, end);
    }
}
