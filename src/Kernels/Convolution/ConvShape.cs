namespace CnnEngine.Kernels;

/// <summary>
/// Everything that is to be known of a convolution's geometry, checked once. Images are N×C×H×W, filters K×(C/g)×R×S, outputs
/// N×K×H'×W'.
/// </summary>
public readonly record struct ConvShape
{
    /// <summary>Checks a convolution's geometry and works out its output size.</summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="filters">K, the output channels.</param>
    /// <param name="filter">R×S.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <exception cref="ArgumentException">A number is out of range, channels do not divide by groups, or the filter is larger than the padded image.</exception>
    public ConvShape(int images, int channels, Size2 image, int filters, Size2 filter, ConvOptions? options = null)
    {
        options ??= ConvOptions.Default;
        if (images < 1) throw new ArgumentException($"the number of images is {images}; it must be at least 1");
        if (channels < 1) throw new ArgumentException($"the number of input channels is {channels}; it must be at least 1");
        if (filters < 1) throw new ArgumentException($"the number of output channels is {filters}; it must be at least 1");
        image.ThrowUnlessPositive("the image size");
        filter.ThrowUnlessPositive("the filter size");
        options.Stride.ThrowUnlessPositive("stride");
        options.Dilation.ThrowUnlessPositive("dilation");
        if (options.Groups < 1) throw new ArgumentException($"groups is {options.Groups}; it must be at least 1");
        if (channels % options.Groups != 0)
            throw new ArgumentException($"input has {channels} channels, groups is {options.Groups}; channels must divide by groups");
        if (filters % options.Groups != 0)
            throw new ArgumentException($"output has {filters} channels, groups is {options.Groups}; channels must divide by groups");

        (N, C, K, Groups) = (images, channels, filters, options.Groups);
        (H, W, R, S) = (image.Height, image.Width, filter.Height, filter.Width);
        (Stride, Dilation) = (options.Stride, options.Dilation);
        Padding = options.Padding.Resolve(image, filter, Stride, Dilation);
        OutputHeight = Padding.OutputSize("rows", H, Padding.Top + Padding.Bottom, R, Stride.Height, Dilation.Height);
        OutputWidth = Padding.OutputSize("columns", W, Padding.Left + Padding.Right, S, Stride.Width, Dilation.Width);
    }

    /// <summary>Images.</summary>
    public int N { get; private init; }

    /// <summary>Input channels.</summary>
    public int C { get; private init; }

    /// <summary>Rows of an input image.</summary>
    public int H { get; private init; }

    /// <summary>Columns of an input image.</summary>
    public int W { get; private init; }

    /// <summary>Output channels.</summary>
    public int K { get; private init; }

    /// <summary>Rows of a filter.</summary>
    public int R { get; private init; }

    /// <summary>Columns of a filter.</summary>
    public int S { get; private init; }

    /// <summary>Rows and columns between two positions of the filter.</summary>
    public Size2 Stride { get; private init; }

    /// <summary>Zeros around the image, on each side.</summary>
    public Padding Padding { get; private init; }

    /// <summary>Rows and columns between two taps of the filter.</summary>
    public Size2 Dilation { get; private init; }

    /// <summary>Groups of channels, each convolved alone.</summary>
    public int Groups { get; }

    /// <summary>H', the rows of an output image.</summary>
    public int OutputHeight { get; private init; }

    /// <summary>W', the columns of an output image.</summary>
    public int OutputWidth { get; private init; }

    /// <summary>Numbers in the input batch, N·C·H·W.</summary>
    public long InputLength => (long)N * C * H * W;

    /// <summary>Numbers in the output batch, N·K·H'·W'.</summary>
    public long OutputLength => (long)N * K * OutputHeight * OutputWidth;

    /// <summary>Numbers in the filters, K·(C/g)·R·S.</summary>
    public long FilterLength => (long)K * GroupChannels * R * S;

    /// <summary>Multiply-adds of one pass over the batch: N·K·H'·W'·(C/g)·R·S.</summary>
    public long MultiplyAdds => OutputLength * Taps;

    /// <summary>C/g: the input channels of one group.</summary>
    internal int GroupChannels => C / Groups;

    /// <summary>K/g: the output channels of one group.</summary>
    internal int GroupFilters => K / Groups;

    /// <summary>(C/g)·R·S: the products in one number of the output.</summary>
    internal int Taps => GroupChannels * R * S;

    internal int InputPlane => H * W;

    internal int OutputPlane => OutputHeight * OutputWidth;

    /// <summary>
    /// Into how many chunks a pass is cut at least, for threads to share out: eight, but none of less than 2¹⁷ multiply-adds, a microsecond.
    /// </summary>
    internal int FewestChunks => (int)Math.Clamp(MultiplyAdds >> 17, 1, 8);

    /// <summary>The same geometry for another number of images.</summary>
    public ConvShape WithImages(int images)
    {
        if (images < 1) throw new ArgumentException($"the number of images is {images}; it must be at least 1");
        return this with { N = images };
    }

    /// <summary>
    /// The stride-1 convolution of δ that the backward input pass is: its image is δ, its output has one pixel for every
    /// stride × stride pixels of the image, its filter is as large as the spread of the outputs that one such block went into.
    /// Pixel u = i + top of the image's padded rows is in block q = ⌊u / stride⌋, of which δ's row ⌊u / stride⌋ − ⌊r·dilation / stride⌋
    /// meets tap r, if u ≡ r·dilation (mod stride); columns likewise.
    /// </summary>
    internal ConvShape OfDelta()
    {
        (int reach, int blocks, int before, int after) rows = Axis(R, Stride.Height, Dilation.Height, Padding.Top, H, OutputHeight);
        (int reach, int blocks, int before, int after) columns = Axis(S, Stride.Width, Dilation.Width, Padding.Left, W, OutputWidth);
        return this with
        {
            C = K,
            K = C,
            H = OutputHeight,
            W = OutputWidth,
            R = rows.reach + 1,
            S = columns.reach + 1,
            Stride = 1,
            Dilation = 1,
            Padding = Padding.OrCrop(rows.before, rows.after, columns.before, columns.after),
            OutputHeight = rows.blocks,
            OutputWidth = columns.blocks,
        };

        static (int Reach, int Blocks, int Before, int After) Axis(int taps, int stride, int dilation, int padding, int size, int outputs)
        {
            int reach = (taps - 1) * dilation / stride, first = padding / stride, last = (size - 1 + padding) / stride;
            return (reach, last - first + 1, reach - first, last + 1 - outputs);
        }
    }
}
