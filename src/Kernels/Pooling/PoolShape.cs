namespace CnnEngine.Kernels;

/// <summary>A pooling's geometry, checked once. Images are N×C×H×W, outputs N×C×H'×W'.</summary>
public readonly record struct PoolShape
{
    /// <summary>Checks a pooling's geometry and works out its output size.</summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="window">The size of a window.</param>
    /// <param name="stride">Rows and columns from one window to the next; below the window's size windows overlap.</param>
    /// <param name="padding">Rows and columns around the image, each less than the window's size, so that no window lies outside.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the window is larger than the padded image.</exception>
    public PoolShape(int images, int channels, Size2 image, Size2 window, Size2 stride, Padding padding = default)
    {
        if (images < 1) throw new ArgumentException($"the number of images is {images}; it must be at least 1");
        if (channels < 1) throw new ArgumentException($"the number of channels is {channels}; it must be at least 1");
        image.ThrowUnlessPositive("the image size");
        window.ThrowUnlessPositive("the window size");
        stride.ThrowUnlessPositive("stride");
        (N, C, H, W, Window, Stride) = (images, channels, image.Height, image.Width, window, stride);
        Padding = padding.Resolve(image, window, stride, 1);
        if (Padding.Top >= window.Height || Padding.Bottom >= window.Height || Padding.Left >= window.Width || Padding.Right >= window.Width)
            throw new ArgumentException($"padding is {Padding}, the window {window}; padding must be less than the window");
        OutputHeight = Padding.OutputSize("rows", H, Padding.Top + Padding.Bottom, window.Height, stride.Height, 1);
        OutputWidth = Padding.OutputSize("columns", W, Padding.Left + Padding.Right, window.Width, stride.Width, 1);
    }

    /// <summary>Images.</summary>
    public int N { get; }

    /// <summary>Channels.</summary>
    public int C { get; }

    /// <summary>Rows of an input image.</summary>
    public int H { get; }

    /// <summary>Columns of an input image.</summary>
    public int W { get; }

    /// <summary>The size of a window.</summary>
    public Size2 Window { get; }

    /// <summary>Rows and columns between two windows.</summary>
    public Size2 Stride { get; }

    /// <summary>Rows and columns around the image.</summary>
    public Padding Padding { get; }

    /// <summary>H', the rows of an output image.</summary>
    public int OutputHeight { get; }

    /// <summary>W', the columns of an output image.</summary>
    public int OutputWidth { get; }

    /// <summary>Numbers in the input batch, N·C·H·W.</summary>
    public long InputLength => (long)N * C * H * W;

    /// <summary>Numbers in the output batch, N·C·H'·W'.</summary>
    public long OutputLength => (long)N * C * OutputHeight * OutputWidth;

    internal int Planes => N * C;

    internal int InputPlane => H * W;

    internal int OutputPlane => OutputHeight * OutputWidth;

    /// <summary>The rows that the windows of output row i see, clipped to the image.</summary>
    internal (int First, int End) Rows(int i) => Clip((i * Stride.Height) - Padding.Top, Window.Height, H);

    /// <summary>The columns that the windows of output column j see, clipped to the image.</summary>
    internal (int First, int End) Columns(int j) => Clip((j * Stride.Width) - Padding.Left, Window.Width, W);

    private static (int First, int End) Clip(int first, int length, int size) => (Math.Max(first, 0), Math.Min(first + length, size));
}
