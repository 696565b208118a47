namespace CnnEngine.Data;

/// <summary>Images that are floats already, in memory: for data of one's own and for tests.</summary>
public sealed class TensorDataset : IDataset
{
    private readonly Tensor _images;
    private readonly int[] _labels;

    /// <summary>Takes images and their labels.</summary>
    /// <param name="name">What to call the data.</param>
    /// <param name="images">N×C×H×W, normalised as they are to be.</param>
    /// <param name="labels">N labels.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="ArgumentException">The numbers of images and labels differ, or a label is not a class.</exception>
    public TensorDataset(string name, Tensor images, ReadOnlySpan<int> labels, int classes)
    {
        if (images.Shape.Rank < 2 || images.Shape[0] != labels.Length)
            throw new ArgumentException($"{name}: images are {images.Shape}, labels {labels.Length}; there must be one label for each image", nameof(labels));
        for (int i = 0; i < labels.Length; i++)
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentException($"{name}: label {i} is {labels[i]}; the classes are 0 to {classes - 1}", nameof(labels));
        (Name, _images, _labels, Classes, ImageShape) = (name, images, labels.ToArray(), classes, images.Shape.DropFirst());
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
    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        int length = ImageShape.Length;
        ReadOnlySpan<float> all = _images.Span;
        for (int i = 0; i < indices.Length; i++)
        {
            all.Slice(indices[i] * length, length).CopyTo(images[(i * length)..]);
            labels[i] = _labels[indices[i]];
        }
    }
}
