namespace CnnEngine.Kernels;

/// <summary>A pooling's geometry, checked once. Images are N×C×H×W, outputs N×C×H'×W'.</summary>
public readonly record struct PoolShape
{
    // Threads share out planes in pieces of about so many input pixels.
    private const int PixelsPerChunk = 1 << 15;

    /// <summary>Checks a pooling's geometry and works out its output size.</summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="window">The size of a window.</param>
    /// <param name="stride">Rows and columns from one window to the next; below the window's size windows overlap.</param>
    /// <param name="padding">Rows and columns around the image, each less than the window's size, so that no window lies outside.</param>
    /// <param name="ceilMode">
    /// Whether rows and columns that are left over at the end get a window that reaches beyond them, if it begins inside the image or the
    /// padding before it, as in PyTorch.
    /// </param>
    /// <exception cref="ArgumentException">A number is out of range, or the window is larger than the padded image.</exception>
    public PoolShape(int images, int channels, Size2 image, Size2 window, Size2 stride, Padding padding = default, bool ceilMode = false)
    {
        Check(images, channels, image);
        window.ThrowUnlessPositive("the window size");
        stride.ThrowUnlessPositive("stride");
        padding = padding.Resolve(image, window, stride, 1);
        if (padding.Top >= window.Height || padding.Bottom >= window.Height || padding.Left >= window.Width || padding.Right >= window.Width)
            throw new ArgumentException($"padding is {padding}, the window {window}; padding must be less than the window");
        (N, C) = (images, channels);
        RowAxis = PoolAxis.Sliding("rows", image.Height, window.Height, stride.Height, padding.Top, padding.Bottom, ceilMode);
        ColumnAxis = PoolAxis.Sliding("columns", image.Width, window.Width, stride.Width, padding.Left, padding.Right, ceilMode);
    }

    private PoolShape(int images, int channels, PoolAxis rows, PoolAxis columns) => (N, C, RowAxis, ColumnAxis) = (images, channels, rows, columns);

    /// <summary>
    /// The geometry of an adaptive pooling: window i holds rows <c>⌊i·H/H'⌋ … ⌈(i + 1)·H/H'⌉</c>, and columns likewise.
    /// </summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="output">H'×W'.</param>
    /// <exception cref="ArgumentException">A number is below 1.</exception>
    public static PoolShape Adaptive(int images, int channels, Size2 image, Size2 output)
    {
        Check(images, channels, image);
        output.ThrowUnlessPositive("the output size");
        return new PoolShape(images, channels, PoolAxis.Adaptive(image.Height, output.Height), PoolAxis.Adaptive(image.Width, output.Width));
    }

    /// <summary>
    /// The geometry of one level of spatial pyramid pooling, n×n windows on an image of any size: windows of <c>⌈H/n⌉</c> rows every
    /// <c>⌊H/n⌋</c> where these are n, else adaptive ones; columns likewise (K. He et al., "Spatial Pyramid Pooling in Deep Convolutional
    /// Networks", 2014).
    /// </summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="level">n.</param>
    /// <exception cref="ArgumentException">A number is below 1.</exception>
    public static PoolShape Pyramid(int images, int channels, Size2 image, int level)
    {
        Check(images, channels, image);
        if (level < 1) throw new ArgumentException($"a level of the pyramid is {level}; it must be at least 1");
        return new PoolShape(images, channels, PoolAxis.Pyramid(image.Height, level), PoolAxis.Pyramid(image.Width, level));
    }

    /// <summary>Windows that share out the pixels of an image among those of a smaller one, by the place in it that is nearest.</summary>
    internal static PoolShape Partition(int images, int channels, Size2 image, Size2 output) =>
        new(images, channels, PoolAxis.Partition(image.Height, output.Height), PoolAxis.Partition(image.Width, output.Width));

    internal PoolShape WithImages(int images) => new(images, C, RowAxis, ColumnAxis);

    /// <summary>Images.</summary>
    public int N { get; }

    /// <summary>Channels.</summary>
    public int C { get; }

    /// <summary>Rows of an input image.</summary>
    public int H => RowAxis.Size;

    /// <summary>Columns of an input image.</summary>
    public int W => ColumnAxis.Size;

    /// <summary>The size of a window; the largest, where an adaptive pooling's windows differ.</summary>
    public Size2 Window => (RowAxis.Window, ColumnAxis.Window);

    /// <summary>Rows and columns between two windows; 0 where an adaptive pooling's windows differ.</summary>
    public Size2 Stride => (RowAxis.Stride, ColumnAxis.Stride);

    /// <summary>Rows and columns around the image.</summary>
    public Padding Padding => new(RowAxis.Before, RowAxis.After, ColumnAxis.Before, ColumnAxis.After);

    /// <summary>H', the rows of an output image.</summary>
    public int OutputHeight => RowAxis.Outputs;

    /// <summary>W', the columns of an output image.</summary>
    public int OutputWidth => ColumnAxis.Outputs;

    /// <summary>Numbers in the input batch, N·C·H·W.</summary>
    public long InputLength => (long)N * C * H * W;

    /// <summary>Numbers in the output batch, N·C·H'·W'.</summary>
    public long OutputLength => (long)N * C * OutputHeight * OutputWidth;

    internal PoolAxis RowAxis { get; }

    internal PoolAxis ColumnAxis { get; }

    internal int Planes => N * C;

    internal int InputPlane => H * W;

    internal int OutputPlane => OutputHeight * OutputWidth;

    internal int PlanesPerChunk => Math.Max(1, PixelsPerChunk / InputPlane);

    internal int Chunks => (Planes + PlanesPerChunk - 1) / PlanesPerChunk;

    /// <summary>Whether all windows lie inside the image as a whole, and are of one size and distance.</summary>
    internal bool IsPlain => RowAxis.IsPlain && ColumnAxis.IsPlain;

    /// <summary>The rows that the windows of output row i see, clipped to the image.</summary>
    internal (int First, int End) Rows(int i) => RowAxis.Inside(i);

    /// <summary>The columns that the windows of output column j see, clipped to the image.</summary>
    internal (int First, int End) Columns(int j) => ColumnAxis.Inside(j);

    /// <summary>
    /// Whether results are to be written past the caches: the images fill the last of them, and rows of results are whole lines. This takes 0.7 to
    /// 0.9 of the time with the results read behind it; if half the images fit, 1.0 to 1.5, and for rows of half lines 1.0 to 1.1.
    /// </summary>
    internal unsafe bool IsStreaming(int row, void* results, void* places) =>
        IsStreamingLines(results, places) && row % CacheSizes.FloatsOfLine == 0 && (nuint)results % CacheSizes.Line == 0;

    /// <summary>The same for rows of any length that are gathered in lines (<see cref="ResultLines"/>), if results and places lie in lines alike.</summary>
    internal unsafe bool IsStreamingLines(void* results, void* places) =>
        InputLength * sizeof(float) >= CacheSizes.Current.Level3 && (nuint)results % sizeof(float) == 0 && ((nuint)results - (nuint)places) % CacheSizes.Line == 0;

    private static void Check(int images, int channels, Size2 image)
    {
        if (images < 1) throw new ArgumentException($"the number of images is {images}; it must be at least 1");
        if (channels < 1) throw new ArgumentException($"the number of channels is {channels}; it must be at least 1");
        image.ThrowUnlessPositive("the image size");
    }
}
