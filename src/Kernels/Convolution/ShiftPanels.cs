namespace CnnEngine.Kernels;

/// <summary>
/// How the filters' gradient is cut. The sum over pixels is taken panel by panel, some images or some rows of one: so many pixels
/// that the sums of a register tile's lanes are seldom added up, so few that the tile's rows of delta stay in the first-level cache
/// while the taps pass by. Threads share out parts of the panels, each with a gradient of its own that is added up afterwards, in
/// order; where the gradient is too large for that, they share out filters.
/// </summary>
internal readonly struct ShiftPanels
{
    // Pixels of a panel, and what its images may take of the caches.
    private const int FewestPixels = 512, MostPixels = 2560;
    private const long PanelFloats = 1 << 19;

    private const int MostParts = 16;

    // What the gradients of all parts may take, 4 MB.
    private const long PartFloats = 1 << 20;

    // Each range of filters lays the images out for itself: that is a thirtieth of its work from so many blocks of four filters on.
    private const int FewestBlocks = 4;

    private readonly ConvShape _shape;

    public ShiftPanels(in ConvShape shape)
    {
        _shape = shape;
        ShiftedImage all = new(shape, shape.OutputHeight);
        int pixels = shape.OutputHeight * all.RowLength;
        IsMatrixProduct = all.IsImageItself && shape.R * shape.S == 1;
        ReadsDeltaInPlace = !IsMatrixProduct && shape.OutputWidth % Simd.Lanes == 0;
        int most = (int)Math.Clamp(PanelFloats * pixels / Math.Max(all.Length, 1), FewestPixels, MostPixels);
        ImagesPerPanel = ReadsDeltaInPlace ? 1 : Math.Clamp(most / pixels, 1, shape.N);
        RowsPerPanel = Quotient.Up(shape.OutputHeight, Quotient.Up(pixels, Math.Max(most, all.RowLength)));
        PanelsPerImage = Quotient.Up(shape.OutputHeight, RowsPerPanel);
        Layout = new ShiftedImage(shape, RowsPerPanel);

        int panels = Quotient.Up(shape.N, ImagesPerPanel) * PanelsPerImage;
        int parts = (int)Math.Clamp(PartFloats / shape.FilterLength, 1, Math.Min(MostParts, panels));
        Parts = new RowBlocks(panels, Quotient.Up(panels, parts));
        Filters = new RowBlocks(shape.GroupFilters, DotKernel.TallestA);
        int ranges = Math.Clamp(Quotient.Up(shape.FewestChunks, Parts.Count), 1, Quotient.Up(Filters.Count, FewestBlocks));
        Ranges = new RowBlocks(Filters.Count, Quotient.Up(Filters.Count, ranges));
    }

    public int ImagesPerPanel { get; }

    public int RowsPerPanel { get; }

    public int PanelsPerImage { get; }

    /// <summary>The panels of each part.</summary>
    public RowBlocks Parts { get; }

    /// <summary>A group's filters in blocks as high as the register tile.</summary>
    public RowBlocks Filters { get; }

    /// <summary>The blocks of filters of each chunk.</summary>
    public RowBlocks Ranges { get; }

    public int Chunks => Parts.Count * Ranges.Count;

    /// <summary>The layout of one image of a panel.</summary>
    public ShiftedImage Layout { get; }

    /// <summary>Whether the gradient is a product of delta and images as they lie: filters of 1×1, no padding, no stride.</summary>
    public bool IsMatrixProduct { get; }

    /// <summary>Whether delta's rows are whole vectors, so that a panel is summed row by row, each where it lies.</summary>
    public bool ReadsDeltaInPlace { get; }

    /// <summary>Numbers in one row of a panel's delta, for one image: whole vectors.</summary>
    public int Pixels(int rows) => ((rows * Layout.RowLength) + Simd.Lanes - 1) / Simd.Lanes * Simd.Lanes;

    /// <summary>The last tap's run reaches over the last image by so many numbers: the idle columns of the last row, and whole vectors.</summary>
    public int Overrun => Simd.Lanes + Layout.RowLength - _shape.OutputWidth;

    /// <summary>Numbers in a panel's images.</summary>
    public long ImageFloats => IsMatrixProduct ? 0 : (ImagesPerPanel * Layout.Length) + Overrun;

    /// <summary>What a chunk lays out: images and delta.</summary>
    public long Floats => IsMatrixProduct ? 0 : ImageFloats + ((long)ImagesPerPanel * MostFilters * Pixels(RowsPerPanel));

    /// <summary>Working memory of a chunk, that of the matrix product included.</summary>
    public unsafe long ChunkFloats => IsMatrixProduct
        ? Gemm.ScratchInChunk(MostFilters, _shape.GroupChannels, RowsPerPanel * _shape.W, new MatrixView(null, _shape.InputPlane).Transposed)
        : Floats;

    private int MostFilters => Math.Min(Ranges.Height(0) * Filters.Height(0), _shape.GroupFilters);

    /// <summary>Working memory of all parts' gradients; a single part adds to the result at once.</summary>
    public long PartsFloats => Parts.Count == 1 ? 0 : Parts.Count * (_shape.FilterLength + _shape.K);
}
