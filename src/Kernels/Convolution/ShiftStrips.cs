namespace CnnEngine.Kernels;

/// <summary>
/// How the products of a shifted image are cut. Threads share out strips of output rows whose part of the padded image stays in the
/// second-level cache; within a strip, tiles of a few output rows are computed at a time, small enough that a block of filters'
/// results stays in the first-level cache until it is written out. An image that needs no padding and no phases is not copied.
/// </summary>
internal readonly unsafe struct ShiftStrips
{
    // What a strip of the padded image may take of the second-level cache, and a tile of results of the first-level cache.
    private const long StripFloats = 1 << 17, TileFloats = 1 << 13;

    // Results of at least this size (8 MB, a quarter of a large third-level cache) leave the caches before anybody reads them, and are written
    // past them: 1.25 times as fast for 256 channels of 28×28 and 1×1 filters.
    private const long StreamedFloats = 1 << 21;

    // A strip is not cut lower than this for its size: its halo would be most of it.
    private const int LowestStrip = 4;

    /// <summary>Vector loads run past the last pixel by up to this many floats.</summary>
    public const int Slack = 32;

    private readonly ConvShape _shape;
    private readonly ShiftedImage _strip, _image;

    /// <param name="shape">A convolution whose input is the image to be shifted.</param>
    /// <param name="tileRows">How many rows of results a tile has, each of so many pixels as it covers.</param>
    public ShiftStrips(in ConvShape shape, int tileRows)
    {
        _shape = shape;
        TileRows = tileRows;
        _image = new ShiftedImage(shape, shape.OutputHeight);
        long halo = _image.Rows - shape.OutputHeight, perRow = _image.Length / _image.Rows;
        long rows = Math.Clamp((StripFloats / perRow) - halo, Math.Min(LowestStrip, shape.OutputHeight), shape.OutputHeight);
        int strips = Math.Max(Quotient.Up(shape.OutputHeight, (int)rows), Math.Min(Quotient.Up(shape.FewestChunks, shape.N), Quotient.Up(shape.OutputHeight, LowestStrip)));
        RowsPerStrip = Quotient.Up(shape.OutputHeight, strips);
        StripsPerImage = Quotient.Up(shape.OutputHeight, RowsPerStrip);
        _strip = new ShiftedImage(shape, RowsPerStrip);
        RowsPerTile = Math.Min(RowsPerStrip, BestTile(shape.OutputWidth, (int)Math.Clamp(TileFloats / tileRows / _image.RowLength, 1, RowsPerStrip)));
        TileStride = (Pixels(RowsPerTile) + Slack - 1) / Slack * Slack;
    }

    public int RowsPerStrip { get; }

    public int StripsPerImage { get; }

    public int Chunks => _shape.N * StripsPerImage;

    /// <summary>Output rows of a tile.</summary>
    public int RowsPerTile { get; }

    /// <summary>The distance of two rows of results within a tile, whole pairs of vectors.</summary>
    public int TileStride { get; }

    /// <summary>Columns from one output row to the next.</summary>
    public int RowLength => _strip.RowLength;

    /// <summary>Whether so many results are written past the caches.</summary>
    public static bool IsStreaming(long results) => results >= StreamedFloats;

    private int TileRows { get; }

    /// <summary>Working memory of one strip: the padded strip, and the tile.</summary>
    public long Floats => _strip.Length + Slack + ((long)TileRows * TileStride) + Slack;

    /// <summary>Output pixels of so many rows, idle ones between rows included.</summary>
    public int Pixels(int rows) => ((rows - 1) * RowLength) + _shape.OutputWidth;

    /// <summary>Where taps start: in a strip that was copied, or in the image itself.</summary>
    public ShiftedImage Layout(bool inPlace) => inPlace ? _image : _strip;

    /// <summary>Finds a strip of one group of one image, or lays it out.</summary>
    /// <param name="x">The batch.</param>
    /// <param name="image">The image's number.</param>
    /// <param name="group">The group's.</param>
    /// <param name="firstRow">The strip's first output row.</param>
    /// <param name="planes">Receives the strip, if it is copied.</param>
    /// <param name="inPlace">Whether the image itself is read.</param>
    /// <returns>Where the offsets count from.</returns>
    public float* Read<S, V>(float* x, int image, int group, int firstRow, float* planes, out bool inPlace) where S : struct, ISimd<V> where V : unmanaged
    {
        long channel = ((long)image * _shape.C) + (group * _shape.GroupChannels);
        float* from = x + (channel * _shape.InputPlane);
        // The last vectors of the last strip would reach beyond the batch.
        long last = (firstRow * _shape.W) + ((_shape.GroupChannels - 1) * _image.ChannelLength) + _image.TapOffset(_shape.R - 1, _shape.S - 1) + Pixels(RowsPerStrip) + S.Lanes;
        inPlace = _image.IsImageItself && (channel * _shape.InputPlane) + last <= _shape.InputLength;
        if (inPlace) return from + (firstRow * _shape.W);
        _strip.Gather<S, V>(from, firstRow, planes);
        new Span<float>(planes + _strip.Length, Slack).Clear();
        return planes;
    }

    /// <summary>Multiplies a block of packed rows with the shifted image, two vectors of pixels at a time.</summary>
    public static void Multiply<S, V>(int rows, int steps, float* packed, float* from, int* offsets, int pixels, float* tile, int tileStride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int p = 0;
        for (; pixels - p > S.Lanes; p += 2 * S.Lanes)
            BroadcastKernel.Run<S, V>(rows, steps, packed, from + p, offsets, tile + p, tileStride, accumulate: false);
        if (p < pixels) BroadcastKernel.RunNarrow<S, V>(rows, steps, packed, from + p, offsets, tile + p, tileStride, accumulate: false);
    }

    // The height, at most this, that leaves the fewest lanes idle at the end of its last vector.
    private int BestTile(int outputWidth, int highest)
    {
        int best = highest;
        double most = 0;
        for (int rows = highest; rows > highest / 2; rows--)
        {
            int pixels = ((rows - 1) * RowLength) + outputWidth;
            double used = rows / (double)Quotient.Up(pixels, Simd.Lanes);
            if (used > most) (best, most) = (rows, used);
        }
        return best;
    }
}
