using System.Runtime.ExceptionServices;
using CnnEngine.Data;

namespace CnnEngine.Training;

/// <summary>Some images to learn from in one step: what <see cref="Graphs.Network.Backpropagate(IDataset, ReadOnlySpan{int}, Losses.Loss)"/> is to be given.</summary>
public readonly ref struct Minibatch
{
    internal Minibatch(IDataset data, ReadOnlySpan<int> indices)
    {
        Data = data;
        Indices = indices;
    }

    /// <summary>Where the images are.</summary>
    public IDataset Data { get; }

    /// <summary>Which they are.</summary>
    public ReadOnlySpan<int> Indices { get; }
}

/// <summary>A minibatch that has been read: a data set of its images, by their places in it.</summary>
internal sealed class PreparedBatch(IDataset data, int batchSize) : IDataset
{
    private readonly float[] _images = GC.AllocateUninitializedArray<float>(checked(batchSize * data.ImageShape.Length));
    private readonly int[] _labels = new int[batchSize * data.LabelsPerImage];
    private int _failedImage;

    /// <summary>How many images have been read.</summary>
    public int Ready { get; private set; }

    /// <summary>Why an image could not be read: the first of them, whichever was tried first.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    public string Name => data.Name;

    public Shape ImageShape => data.ImageShape;

    public int Count => batchSize;

    public int Classes => data.Classes;

    public int LabelsPerImage { get; } = data.LabelsPerImage;

    public void Clear() => (Ready, Failure) = (0, null);

    /// <summary>Reads images of the data set to the places from <paramref name="first"/> on.</summary>
    public void Fill(int first, ReadOnlySpan<int> indices)
    {
        int length = ImageShape.Length;
        data.Read(indices, _images.AsSpan(first * length, indices.Length * length), _labels.AsSpan(first * LabelsPerImage, indices.Length * LabelsPerImage));
    }

    /// <summary>Says that this is done, or that it failed.</summary>
    public void End(int first, int images, ExceptionDispatchInfo? failure)
    {
        Ready += images;
        if (failure is not null && (Failure is null || first < _failedImage)) (Failure, _failedImage) = (failure, first);
    }

    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        int length = ImageShape.Length;
        for (int i = 0; i < indices.Length; i++)
        {
            _images.AsSpan(indices[i] * length, length).CopyTo(images[(i * length)..]);
            _labels.AsSpan(indices[i] * LabelsPerImage, LabelsPerImage).CopyTo(labels[(i * LabelsPerImage)..]);
        }
    }
}
