using CnnEngine.Kernels;

namespace CnnEngine.Data;

/// <summary>
/// Other images in every epoch. What becomes of an image follows from the seed, the epoch and its number alone, so that it is the same on
/// any number of threads, in any minibatch, and in a training that is gone on with.
/// </summary>
/// <remarks>
/// Mixed images have three labels: that of the image, that of the other one, and the first one's share in 1/65536.
/// <see cref="Losses.MixedCrossEntropy"/> is their loss.
/// </remarks>
public class AugmentedDataset : IDataset
{
    // Apart from the streams that parameters begin with and that of the images' order.
    private const ulong Stream = 1 << 24;

    private const ulong MixingStream = 5UL << 32;

    private readonly IDataset _data;
    private readonly Augmentation _augmentation;
    private readonly ulong _seed;
    private readonly int _height;
    private readonly int _width;
    private readonly ElasticField? _elastic;
    private readonly ColourJitter? _colours;
    private int _epoch;

    /// <summary>Wraps images to train with.</summary>
    /// <param name="data">The images; only read, never changed.</param>
    /// <param name="augmentation">What becomes of them.</param>
    /// <param name="seed">Chance follows from it.</param>
    /// <exception cref="ArgumentException">
    /// The images are not C×H×W, or have several labels, which may have to move with them, or their colours are to change and nobody knows
    /// them, since the data has no <see cref="IDataset.Preprocessing"/>.
    /// </exception>
    public AugmentedDataset(IDataset data, Augmentation augmentation, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(augmentation);
        if (data.ImageShape.Rank != 3) throw new ArgumentException($"{data.Name} has images of {data.ImageShape}; only C×H×W can be augmented", nameof(data));
        if (data.LabelsPerImage != 1) throw new ArgumentException($"{data.Name} has {data.LabelsPerImage} labels an image; only images of one label can be augmented", nameof(data));
        if (augmentation.IsColour && data.Preprocessing is null)
            throw new ArgumentException($"{data.Name} does not say how its images were normalised; their brightness, contrast and saturation cannot be changed", nameof(data));
        (_data, _augmentation, _seed) = (data, augmentation, (ulong)seed);
        (_height, _width) = (data.ImageShape[1], data.ImageShape[2]);
        if (augmentation.Elastic is { } elastic) _elastic = new ElasticField(elastic, _height, _width);
        if (augmentation.IsColour) _colours = new ColourJitter(augmentation, data.Preprocessing!.Normalization);
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
    public int LabelsPerImage => _augmentation.IsMixed ? 3 : 1;

    /// <inheritdoc/>
    public bool IsCostly => _data.IsCostly || _augmentation.IsWarp || _augmentation.IsColour;

    /// <inheritdoc/>
    public void BeginEpoch(int epoch)
    {
        _epoch = epoch;
        _data.BeginEpoch(epoch);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        if (labels.Length < (long)indices.Length * LabelsPerImage)
            throw new ArgumentException($"{Name}: {indices.Length} images need room for {LabelsPerImage} labels each, not for {labels.Length}", nameof(labels));
        _data.Read(indices, images, labels[..indices.Length]);
        int length = ImageShape.Length;
        for (int i = 0; i < indices.Length; i++) Change(indices[i], images.Slice(i * length, length));
        if (_augmentation.IsMixed) Mix(indices, images, labels);
    }

    /// <summary>All that happens to an image by itself.</summary>
    private unsafe void Change(int index, Span<float> image)
    {
        // Every number is drawn whether or not it is wanted: one setting changes nothing in what the others do.
        SplitMix64 random = SplitMix64.For(_seed, Stream + (ulong)_epoch, (ulong)index);
        Pose pose = Pose.Draw(_augmentation, _height, _width, ref random);
        Box cutout = Box.Around(random.Below(_height), random.Below(_width), _augmentation.Cutout, _augmentation.Cutout, _height, _width);
        SplitMix64 bends = new(random.Next());
        _colours?.Run(image, ref random);
        if (_elastic is { } elastic)
        {
            using Scratch.Lease scratch = Scratch.Take(elastic.Length);
            Displacement displacement = elastic.Draw(ref bends, new Span<float>(scratch.Data, elastic.Length));
            Warp.Run(image, _height, _width, pose.Source(_height, _width), displacement);
        }
        else if (_augmentation.IsWarp) Warp.Run(image, _height, _width, pose.Source(_height, _width), default);
        else WholePixels.Move(image, _height, _width, pose);
        if (_augmentation.Cutout > 0)
            for (int first = 0; first < image.Length; first += _height * _width) cutout.Clear(image.Slice(first, _height * _width), _width);
    }

    private unsafe void Mix(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        int length = ImageShape.Length;
        using Scratch.Lease scratch = Scratch.Take(length);
        Span<float> other = new(scratch.Data, length);
        Span<int> number = stackalloc int[1], label = stackalloc int[1];
        // From the last to the first, whose labels lie where the first ones' triples are to be.
        for (int i = indices.Length - 1; i >= 0; i--)
        {
            SplitMix64 random = SplitMix64.For(_seed, MixingStream + (ulong)_epoch, (ulong)indices[i]);
            Mixture mixture = Mixture.Draw(_augmentation, indices[i], Count, _height, _width, ref random);
            number[0] = mixture.Other;
            _data.Read(number, other, label);
            Change(mixture.Other, other);
            mixture.Apply(images.Slice(i * length, length), other, _height, _width);
            (labels[3 * i], labels[(3 * i) + 1], labels[(3 * i) + 2]) = (labels[i], label[0], mixture.Share);
        }
    }
}
