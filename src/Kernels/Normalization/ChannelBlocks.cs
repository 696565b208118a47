namespace CnnEngine.Kernels;

/// <summary>
/// How a pass over all channels is cut into chunks: blocks of images × blocks of channels. Large planes are gone through one after
/// another, as they lie in memory. Small ones, which do not fill vectors, are taken together: a block's channels make one row of places
/// in every image, the numbers that belong to a place lie in the first-level cache, and the images pass over them.
/// </summary>
internal readonly unsafe struct ChannelBlocks
{
    private const int Places = 1 << 10;
    private const int ChunkFloats = 1 << 16;
    private const int Alignment = 16; // floats: the longest vector, a cache line

    private readonly NormShape _shape;
    private readonly RowBlocks _images;
    private readonly RowBlocks _channels;

    /// <param name="shape">The geometry.</param>
    /// <param name="smallest">The smallest plane that is gone through alone.</param>
    public ChannelBlocks(in NormShape shape, int smallest)
    {
        _shape = shape;
        ArePlanesSmall = shape.Plane < smallest;
        int plane = Math.Max(1, shape.Plane), channels = Math.Clamp((ArePlanesSmall ? Places : ChunkFloats) / plane, 1, Math.Max(1, shape.Channels));
        _channels = new RowBlocks(shape.Channels, channels);
        _images = new RowBlocks(shape.Images, Math.Max(1, ChunkFloats / (channels * plane)));
    }

    public bool ArePlanesSmall { get; }

    public int Count => _images.Count * _channels.Count;

    public int ImageBlocks => _images.Count;

    public Block this[int chunk]
    {
        get
        {
            (int images, int channels) = Math.DivRem(chunk, _channels.Count);
            return new Block(images, _images.First(images), _images.Height(images), _channels.First(channels), _channels.Height(channels), _shape);
        }
    }

    /// <summary>One chunk.</summary>
    /// <param name="Number">Which block of images.</param>
    /// <param name="FirstImage">Its first.</param>
    /// <param name="Images">How many.</param>
    /// <param name="FirstChannel">The first channel.</param>
    /// <param name="Channels">How many.</param>
    /// <param name="Shape">The whole.</param>
    public readonly unsafe record struct Block(int Number, int FirstImage, int Images, int FirstChannel, int Channels, NormShape Shape)
    {
        /// <summary>Where the chunk begins.</summary>
        public long Start => ((long)FirstImage * Shape.ImageLength) + ((long)FirstChannel * Shape.Plane);

        /// <summary>How many numbers it has of each image.</summary>
        public int Length => Channels * Shape.Plane;

        /// <summary>The same, in whole vectors.</summary>
        public int Room => (Length + Alignment - 1) / Alignment * Alignment;

        /// <summary>Writes each channel's number to all its places.</summary>
        public void Spread(float* numbers, float* places)
        {
            for (int c = 0; c < Channels; c++) new Span<float>(places + (c * Shape.Plane), Shape.Plane).Fill(numbers[FirstChannel + c]);
            new Span<float>(places + Length, Room - Length).Clear();
        }
    }
}
