namespace CnnEngine.Kernels;

/// <summary>
/// The outputs of a 3×3 convolution cut into square tiles, counted along rows, then rows of tiles, then images. The last tiles of
/// a row and of a column may reach over the edge.
/// </summary>
internal readonly struct WinogradTiles
{
    /// <summary>The forward pass: from x to y.</summary>
    public static WinogradTiles Forward(in ConvShape shape, int tile) => new(
        shape.N, shape.C, shape.H, shape.W, shape.Padding.Top, shape.Padding.Left,
        shape.K, shape.OutputHeight, shape.OutputWidth, shape.Groups, tile);

    /// <summary>
    /// The backward input pass, a forward pass from δ to ∂x with the filter rotated. δ is padded by the filter's reach less the
    /// image's padding, which may be negative: then rows of δ are left out.
    /// </summary>
    public static WinogradTiles BackwardInput(in ConvShape shape, int tile) => new(
        shape.N, shape.K, shape.OutputHeight, shape.OutputWidth, 2 - shape.Padding.Top, 2 - shape.Padding.Left,
        shape.C, shape.H, shape.W, shape.Groups, tile);

    private WinogradTiles(int images, int channels, int height, int width, int top, int left, int filters, int outputHeight, int outputWidth, int groups, int tile)
    {
        (Channels, Height, Width, Top, Left) = (channels, height, width, top, left);
        (Filters, OutputHeight, OutputWidth, Groups) = (filters, outputHeight, outputWidth, groups);
        Rows = (outputHeight + tile - 1) / tile;
        Columns = (outputWidth + tile - 1) / tile;
        Count = images * Rows * Columns;
        InputLength = (long)images * channels * height * width;
    }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Rows of zeros above the image; rows of the image left out, if negative.</summary>
    public int Top { get; }

    public int Left { get; }

    public int Filters { get; }

    public int OutputHeight { get; }

    public int OutputWidth { get; }

    public int Groups { get; }

    public int GroupChannels => Channels / Groups;

    public int GroupFilters => Filters / Groups;

    /// <summary>Tiles from top to bottom of an image.</summary>
    public int Rows { get; }

    /// <summary>Tiles from left to right.</summary>
    public int Columns { get; }

    /// <summary>Tiles of all images.</summary>
    public int Count { get; }

    public long InputLength { get; }

    /// <summary>Cuts the tiles from <paramref name="first"/> on into runs that lie side by side in one row.</summary>
    /// <returns>The number of runs.</returns>
    public unsafe int WriteRuns(int first, int count, int longest, Run* runs)
    {
        int written = 0;
        for (int tile = first; tile < first + count; tile += runs[written++].Length)
        {
            int row = tile / Columns, column = tile % Columns;
            runs[written] = new Run(row / Rows, row % Rows, column, Math.Min(Math.Min(Columns - column, longest), first + count - tile));
        }
        return written;
    }

    /// <summary>Tiles side by side: their image, the row and column of the first, how many they are.</summary>
    public readonly record struct Run(int Image, int Row, int Column, int Length);
}
