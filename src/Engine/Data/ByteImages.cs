using CnnEngine.Imaging;
using CnnEngine.Kernels;

namespace CnnEngine.Data;

/// <summary>
/// A dataset held in memory as bytes, a quarter of what floats would take; they become floats when they are read. Immutable once
/// made, provided that nobody writes to the two arrays it was given.
/// </summary>
public sealed class ByteImages : IDataset
{
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    /// <summary>Makes a dataset of pixels and labels; both arrays are kept, not copied.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="imageShape">The shape of one image, <c>C×H×W</c>.</param>
    /// <param name="pixels"><c>N×C×H×W</c> pixels, 0 black to 255 white.</param>
    /// <param name="labels">N labels.</param>
    /// <param name="classes">How many classes there are, 1 to 256.</param>
    /// <param name="normalization">What a pixel becomes when it is read.</param>
    /// <param name="classNames">What the classes are called, if they have names.</param>
    /// <exception cref="ArgumentException">
    /// The shape is not that of an image, pixels, labels, channels of the normalisation or names do not agree with it, or a label is not
    /// below <paramref name="classes"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="classes"/> is out of range.</exception>
    public ByteImages(
        string name, Shape imageShape, byte[] pixels, byte[] labels, int classes, Normalization normalization, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(normalization);
        if (imageShape.Rank != 3)
            throw new ArgumentException($"dataset \"{name}\": an image's shape is C×H×W, not {imageShape}", nameof(imageShape));
        if (classes is < 1 or > 256)
            throw new ArgumentOutOfRangeException(nameof(classes), $"dataset \"{name}\": {classes} classes; there can be 1 to 256");
        long expected = (long)labels.Length * imageShape.Length;
        if (pixels.Length != expected)
            throw new ArgumentException(
                $"dataset \"{name}\": {labels.Length} images of {imageShape} have {expected} pixels, not {pixels.Length}", nameof(pixels));
        if (IndexOfWrongLabel(labels, classes) is var wrong and >= 0)
            throw new ArgumentException(
                $"dataset \"{name}\": label {wrong} is {labels[wrong]}; labels must be 0..{classes - 1}", nameof(labels));
        CheckChannels(name, imageShape, normalization);
        if (classNames is not null && classNames.Count != classes)
            throw new ArgumentException($"dataset \"{name}\": {classNames.Count} names of classes; there are {classes} classes", nameof(classNames));

        Name = name;
        ImageShape = imageShape;
        Classes = classes;
        Normalization = normalization;
        ClassNames = classNames;
        Preprocessing = imageShape[0] is 1 or 3 ? new Preprocessing(imageShape, normalization) : null;
        _pixels = pixels;
        _labels = labels;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Shape ImageShape { get; }

    /// <inheritdoc/>
    public int Count => _labels.Length;

    /// <inheritdoc/>
    public int Classes { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>What a pixel becomes when it is read.</summary>
    public Normalization Normalization { get; }

    /// <inheritdoc/>
    public Preprocessing? Preprocessing { get; private init; }

    /// <summary>The same images under another normalisation, such as the one that a network was trained with.</summary>
    /// <exception cref="ArgumentException">It is of another number of channels.</exception>
    public ByteImages With(Normalization normalization) => new(Name, ImageShape, _pixels, _labels, Classes, normalization, ClassNames);

    /// <summary>The same images as a network has them that exists already: of its size, grey or in colours, and with its normalisation.</summary>
    /// <exception cref="ArgumentException">The images are no pictures: of neither 1 nor 3 channels.</exception>
    public ByteImages With(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        byte[] pixels = preprocessing.Input == ImageShape ? _pixels : Resized(preprocessing);
        return new ByteImages(Name, preprocessing.Input, pixels, _labels, Classes, preprocessing.Normalization, ClassNames) { Preprocessing = preprocessing };
    }

    /// <summary>The pixels of one image as they are stored, 0 black to 255 white, <c>C×H×W</c> of them: for drawing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with this number.</exception>
    public ReadOnlySpan<byte> Pixels(int index)
    {
        CheckIndex(index);
        return _pixels.AsSpan(index * ImageShape.Length, ImageShape.Length);
    }

    /// <summary>The class of one image.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with this number.</exception>
    public int Label(int index)
    {
        CheckIndex(index);
        return _labels[index];
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        long needed = (long)indices.Length * ImageShape.Length;
        if (images.Length < needed)
            throw new ArgumentException(
                $"dataset \"{Name}\": {indices.Length} images of {ImageShape} need {needed} floats, not {images.Length}", nameof(images));
        if (labels.Length < indices.Length)
            throw new ArgumentException(
                $"dataset \"{Name}\": {indices.Length} images need room for as many labels, not {labels.Length}", nameof(labels));
        for (int i = 0; i < indices.Length; i++) labels[i] = Label(indices[i]);
        Normalization.Apply(_pixels, ImageShape.Length / Normalization.Channels, indices, images);
    }

    /// <summary>The place of the first label that is not below <paramref name="classes"/>, or −1.</summary>
    internal static int IndexOfWrongLabel(ReadOnlySpan<byte> labels, int classes) =>
        labels.IndexOfAnyExceptInRange((byte)0, (byte)(classes - 1));

    /// <summary>The same images, normalised by their own means and deviations.</summary>
    internal ByteImages Measured() => With(Preprocessing!.With(Normalization.Measure(_pixels, ImageShape)));

    private byte[] Resized(Preprocessing preprocessing)
    {
        int length = preprocessing.Input.Length;
        if ((long)Count * length > Array.MaxLength)
            throw new ArgumentException($"dataset \"{Name}\": {Count} images of {preprocessing.Input} would take {(long)Count * length} bytes, more than an array holds", nameof(preprocessing));
        byte[] pixels = GC.AllocateUninitializedArray<byte>(Count * length);
        Threads.For((Count + 63) / 64, block =>
        {
            for (int i = block * 64; i < Math.Min(Count, (block + 1) * 64); i++)
                preprocessing.FitPlanes(Picture.FromPlanes(Pixels(i), ImageShape), pixels.AsSpan(i * length, length));
        });
        return pixels;
    }

    /// <exception cref="ArgumentException">The normalisation is of another number of channels than the images.</exception>
    private static void CheckChannels(string name, Shape image, Normalization normalization)
    {
        if (normalization.Channels != image[0])
            throw new ArgumentException(
                $"dataset \"{name}\": images of {image} have {image[0]} channels; the normalisation is of {normalization.Channels}", nameof(normalization));
    }

    private void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(
                nameof(index), $"dataset \"{Name}\": there is no image {index}; they run from 0 to {Count - 1}");
    }
}
