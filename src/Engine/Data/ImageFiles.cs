using CnnEngine.Imaging;

namespace CnnEngine.Data;

/// <summary>
/// A data set of picture files, all of one size and normalised: in memory as bytes, or, if they would not fit, decoded whenever they are read.
/// <see cref="Load"/> makes it of a listing.
/// </summary>
public sealed partial class ImageFiles : IDataset
{
    private readonly ImageListing _files;
    private readonly PixelBlocks? _pixels;

    private ImageFiles(ImageListing files, Preprocessing preprocessing, PixelBlocks? pixels, IReadOnlyList<SkippedFile> skipped)
    {
        (_files, Preprocessing, _pixels, Skipped) = (files, preprocessing, pixels, skipped);
    }

    /// <inheritdoc/>
    public string Name => _files.Name;

    /// <inheritdoc/>
    public Shape ImageShape => Preprocessing.Input;

    /// <inheritdoc/>
    public int Count => _files.Count;

    /// <inheritdoc/>
    public int Classes => _files.ClassNames.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => _files.ClassNames;

    /// <inheritdoc/>
    public Preprocessing Preprocessing { get; }

    /// <inheritdoc/>
    /// <remarks>It is where the images would not fit into memory, and are decoded from their files whenever they are read.</remarks>
    public bool IsCostly => _pixels is null;

    /// <summary>What was left out, as <see cref="ImageOptions.SkipBad"/> allowed.</summary>
    public IReadOnlyList<SkippedFile> Skipped { get; }

    /// <summary>Where a picture is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with this number.</exception>
    public string PathOf(int index)
    {
        CheckIndex(index);
        return _files.PathOf(index);
    }

    /// <summary>The class of a picture.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with this number.</exception>
    public int Label(int index)
    {
        CheckIndex(index);
        return _files.Label(index);
    }

    /// <inheritdoc/>
    /// <remarks>Of pictures that are not in memory, this may also fail as <see cref="ImageFile.Read"/> does.</remarks>
    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        int length = ImageShape.Length;
        if (images.Length < (long)indices.Length * length)
            throw new ArgumentException(
                $"dataset \"{Name}\": {indices.Length} images of {ImageShape} need {(long)indices.Length * length} floats, not {images.Length}", nameof(images));
        if (labels.Length < indices.Length)
            throw new ArgumentException($"dataset \"{Name}\": {indices.Length} images need room for as many labels, not {labels.Length}", nameof(labels));
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = Label(indices[i]);
            Span<float> image = images.Slice(i * length, length);
            if (_pixels is not null) Preprocessing.Normalization.Apply(_pixels.Of(indices[i]), image);
            else Preprocessing.Apply(ImageFile.Read(_files.PathOf(indices[i])), image);
        }
    }

    /// <inheritdoc cref="ImageListing.RequireAllClasses"/>
    internal void RequireAllClasses() => _files.RequireAllClasses();

    private void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(index), $"dataset \"{Name}\": there is no image {index}; they run from 0 to {Count - 1}");
    }
}
