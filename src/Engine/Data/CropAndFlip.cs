namespace CnnEngine.Data;

/// <summary>
/// Other images in every epoch (the augmentation of K. He et al., "Deep Residual Learning for Image Recognition", 2016, section 4.2):
/// each image gets a border of zeros, which are the mean pixel, a window of its old size is cut out somewhere, and half of them
/// are mirrored. What becomes of an image follows from the seed, the epoch and its number, so that it is the same on any number of threads.
/// </summary>
public sealed class CropAndFlip : IDataset
{
    // Apart from the streams that parameters begin with and that of the images' order.
    private const ulong Stream = 1 << 24;

    private readonly IDataset _data;
    private readonly int _border;
    private readonly ulong _seed;
    private int _epoch;

    /// <summary>Wraps images to train with.</summary>
    /// <param name="data">The images; only read, never changed.</param>
    /// <param name="border">How many zeros are put on each side: the most by which an image moves.</param>
    /// <param name="seed">Chance follows from it.</param>
    /// <exception cref="ArgumentException">The images are not C×H×W, or have labels for their pixels, which would have to move with them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The border is negative.</exception>
    public CropAndFlip(IDataset data, int border = 4, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegative(border);
        if (data.ImageShape.Rank != 3) throw new ArgumentException($"{data.Name} has images of {data.ImageShape}; only C×H×W can be cropped", nameof(data));
        if (data.LabelsPerImage != 1) throw new ArgumentException($"{data.Name} has labels for pixels; they would have to move with the pixels", nameof(data));
        (_data, _border, _seed) = (data, border, (ulong)seed);
    }

    /// <inheritdoc/>
    public string Name => _data.Name;

    /// <inheritdoc/>
    public Shape ImageShape => _data.ImageShape;

    /// <inheritdoc/>
    public int Count => _data.Count;

    /// <inheritdoc/>
    public int Classes => _data.Classes;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ClassNames => _data.ClassNames;

    /// <inheritdoc/>
    public Preprocessing? Preprocessing => _data.Preprocessing;

    /// <inheritdoc/>
    public bool IsCostly => _data.IsCostly;

    /// <inheritdoc/>
    public void BeginEpoch(int epoch)
    {
        _epoch = epoch;
        _data.BeginEpoch(epoch);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        _data.Read(indices, images, labels);
        int height = ImageShape[1], width = ImageShape[2], length = ImageShape.Length;
        for (int i = 0; i < indices.Length; i++)
        {
            SplitMix64 random = SplitMix64.For(_seed, Stream + (ulong)_epoch, (ulong)indices[i]);
            int down = random.Below((2 * _border) + 1) - _border, right = random.Below((2 * _border) + 1) - _border;
            bool isMirrored = random.Below(2) == 1;
            for (int plane = 0; plane < length; plane += height * width)
            {
                Span<float> pixels = images.Slice((i * length) + plane, height * width);
                Move(pixels, width, down, right);
                if (!isMirrored) continue;
                for (int row = 0; row < height; row++) pixels.Slice(row * width, width).Reverse();
            }
        }
    }

    /// <summary>Moves a plane within itself; zeros come in from the sides.</summary>
    private static void Move(Span<float> pixels, int width, int down, int right)
    {
        int height = pixels.Length / width;
        // A row is read before it is written over: from the side towards which the rows move.
        for (int i = 0; i < height; i++)
        {
            int row = down > 0 ? height - 1 - i : i, source = row - down, kept = Math.Max(0, width - Math.Abs(right));
            Span<float> to = pixels.Slice(row * width, width);
            if (source < 0 || source >= height || kept == 0)
            {
                to.Clear();
                continue;
            }
            Span<float> from = pixels.Slice(source * width, width);
            from.Slice(Math.Max(0, -right), kept).CopyTo(to[Math.Max(0, right)..]);
            if (right > 0) to[..right].Clear();
            else to[kept..].Clear();
        }
    }
}
