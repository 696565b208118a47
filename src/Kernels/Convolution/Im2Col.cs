namespace CnnEngine.Kernels;

/// <summary>
/// The column matrix of one group of one image, (C/g)·R·S × H'·W': row (c, r, s) holds what that tap of the filter sees at each
/// output pixel, so that a convolution is one matrix product (K. Chellapilla et al., "High Performance Convolutional Neural
/// Networks for Document Processing", 2006). It never exists as a whole: a panel of it, some taps × some pixels, is read from the
/// image when it is needed.
/// </summary>
/// <param name="Shape">The geometry.</param>
/// <param name="FirstTap">The first row of the panel.</param>
/// <param name="Taps">How many rows it has.</param>
/// <param name="FirstPixel">Its first column.</param>
/// <param name="Pixels">How many columns it has.</param>
internal readonly record struct Im2Col(ConvShape Shape, int FirstTap, int Taps, int FirstPixel, int Pixels)
{
    /// <summary><c>columns[(c, r, s), (i, j)] = x[c, i·stride − top + r·dilation, j·stride − left + s·dilation]</c>, 0 outside.</summary>
    /// <param name="x">The group's first channel, (C/g)×H×W.</param>
    /// <param name="columns">Receives the panel, each row followed by zeros.</param>
    /// <param name="rowLength">The distance of two rows of the panel.</param>
    public unsafe void Gather(float* x, float* columns, int rowLength)
    {
        for (int tap = FirstTap; tap < FirstTap + Taps; tap++, columns += rowLength)
        {
            new Span<float>(columns + Pixels, rowLength - Pixels).Clear();
            float* to = columns;
            for (int p = FirstPixel; p < FirstPixel + Pixels;)
            {
                Run run = RunFrom(tap, p);
                new Span<float>(to, run.First).Clear();
                float* from = x + run.Address;
                if (Shape.Stride.Width == 1) new ReadOnlySpan<float>(from + run.First, run.End - run.First).CopyTo(new Span<float>(to + run.First, run.End - run.First));
                else for (int j = run.First; j < run.End; j++) to[j] = from[j * Shape.Stride.Width];
                new Span<float>(to + run.End, run.Length - run.End).Clear();
                to += run.Length;
                p += run.Length;
            }
        }
    }

    /// <summary>The transpose of <see cref="Gather"/>: every number of the panel is added to the pixel that it was copied from.</summary>
    public unsafe void ScatterAdd(float* columns, int rowLength, float* dx)
    {
        for (int tap = FirstTap; tap < FirstTap + Taps; tap++, columns += rowLength)
        {
            float* from = columns;
            for (int p = FirstPixel; p < FirstPixel + Pixels;)
            {
                Run run = RunFrom(tap, p);
                float* to = dx + run.Address;
                for (int j = run.First; j < run.End; j++) to[j * Shape.Stride.Width] += from[j];
                from += run.Length;
                p += run.Length;
            }
        }
    }

    /// <summary>
    /// Pixels of one output row: number j of <see cref="Length"/>, where First ≤ j &lt; End, meets the image at Address + j·stride,
    /// the others lie outside.
    /// </summary>
    private readonly record struct Run(int Length, int First, int End, nint Address);

    private Run RunFrom(int tap, int pixel)
    {
        (int channel, int within) = Math.DivRem(tap, Shape.R * Shape.S);
        (int r, int s) = Math.DivRem(within, Shape.S);
        (int i, int firstColumn) = Math.DivRem(pixel, Shape.OutputWidth);
        int length = Math.Min(Shape.OutputWidth - firstColumn, FirstPixel + Pixels - pixel);
        int row = (i * Shape.Stride.Height) - Shape.Padding.Top + (r * Shape.Dilation.Height);
        if (row < 0 || row >= Shape.H) return new Run(length, length, length, 0);

        int stride = Shape.Stride.Width, left = (firstColumn * stride) - Shape.Padding.Left + (s * Shape.Dilation.Width);
        int first = left >= 0 ? 0 : Math.Min((stride - 1 - left) / stride, length);
        int end = left >= Shape.W ? first : Math.Clamp(((Shape.W - 1 - left) / stride) + 1, first, length);
        return new Run(length, first, end, ((((nint)channel * Shape.H) + row) * Shape.W) + left);
    }
}
