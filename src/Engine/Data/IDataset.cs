namespace CnnEngine.Data;

/// <summary>Labelled images that can be read in any order. Reading is safe from several threads at once and allocates nothing.</summary>
public interface IDataset
{
    /// <summary>What to call it: <c>mnist</c>, <c>synthetic</c>, a folder's name.</summary>
    string Name { get; }

    /// <summary>The shape of one image, <c>C×H×W</c>.</summary>
    Shape ImageShape { get; }

    /// <summary>How many images there are.</summary>
    int Count { get; }

    /// <summary>How many classes there are; labels run from 0 to this number − 1.</summary>
    int Classes { get; }

    /// <summary>What the classes are called, by their labels; null where they have no names.</summary>
    IReadOnlyList<string>? ClassNames => null;

    /// <summary>How a picture becomes an image of this set, for a network that is to see further pictures; null where images never were pictures.</summary>
    Preprocessing? Preprocessing => null;

    /// <summary>
    /// How many labels an image has: 1, or H·W where each pixel has one, or what a loss of the data's own sort
    /// <see cref="Losses.Loss.Takes">takes</see>, as for mixed images.
    /// </summary>
    int LabelsPerImage => 1;

    /// <summary>
    /// Whether reading takes long beside a step of training, as where pictures are decoded or bent each time: a trainer then has them
    /// prepared ahead (<see cref="Training.BatchLoader"/>).
    /// </summary>
    bool IsCostly => false;

    /// <summary>Told by a trainer before each epoch, from 1, for images that differ from epoch to epoch. Nothing is being read meanwhile.</summary>
    void BeginEpoch(int epoch)
    {
    }

    /// <summary>Reads the images with the given numbers, normalised and ready for a network.</summary>
    /// <param name="indices">Numbers from 0 to <see cref="Count"/> − 1, in the order wanted.</param>
    /// <param name="images">Receives <c>indices.Length × C×H×W</c> floats.</param>
    /// <param name="labels">Receives the labels of one image after another, <see cref="LabelsPerImage"/> of each.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with one of the numbers.</exception>
    void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels);
}
