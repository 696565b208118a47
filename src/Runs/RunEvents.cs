using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Interchange;
using CnnEngine.Layers;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>
/// What TensorBoard shows of a training, epoch by epoch: loss, accuracy, learning rate and speed, the first layer's filters, and histograms of
/// weights and of the last step's gradients. Epoch 0 is the network before its first step, and some images.
/// </summary>
internal sealed class RunEvents : IDisposable
{
    private const int Samples = 32;
    private const int GridColumns = 8;
    private const int MostPixels = 256; // of a sample's longer side
    private const int MostFilters = 512;

    private readonly TensorBoardWriter _writer;
    private readonly Network _network;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">The events' folder.</param>
    /// <param name="network">What is trained.</param>
    /// <param name="data">What it learns from.</param>
    /// <param name="from">Where the training goes on; null if it begins.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public RunEvents(string folder, Network network, IDataset data, TrainingState? from)
    {
        _network = network;
        bool isResumed = Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
        _writer = new TensorBoardWriter(folder, isResumed ? from?.Epoch ?? 0 : null);
        if (from is not null) return;
        WriteSamples(data);
        WriteNetwork(0, hasGradients: false);
        _writer.Flush();
    }

    /// <summary>Writes an epoch.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(EpochResult epoch)
    {
        Write("loss/train", epoch.Train.MeanLoss);
        Write("accuracy/train", epoch.Train.Accuracy);
        if (epoch.Test is { } validation)
        {
            Write("loss/validation", validation.MeanLoss);
            Write("accuracy/validation", validation.Accuracy);
        }
        Write("learning rate", epoch.LearningRate);
        Write("images per second", epoch.ImagesPerSecond);
        WriteNetwork(epoch.Epoch, hasGradients: true);
        _writer.Flush();

        void Write(string tag, double value) => _writer.Scalar(tag, epoch.Epoch, value);
    }

    public void Dispose() => _writer.Dispose();

    private void WriteNetwork(int epoch, bool hasGradients)
    {
        (string layer, IReadOnlyList<Picture> filters) = FilterPictures.OfFirstLayer(_network);
        if (filters.Count > 0) _writer.Image($"filters/{layer}", epoch, Grid([.. filters.Take(MostFilters)]));
        foreach (NetworkLayer one in _network.Layers)
            foreach (Parameter parameter in one.Layer.Parameters)
            {
                _writer.Histogram($"weights/{one.Name}.{parameter.Name}", epoch, parameter.Value.Span);
                if (hasGradients) _writer.Histogram($"gradients/{one.Name}.{parameter.Name}", epoch, parameter.Gradient.Span);
            }
    }

    // As the network sees them, but for the normalisation, and no larger than they need be.
    private void WriteSamples(IDataset data)
    {
        if (data.Preprocessing is not { } preprocessing) return;
        int count = Math.Min(Samples, data.Count), plane = data.ImageShape.Length / data.ImageShape[0];
        Tensor image = Tensor.Zeros(data.ImageShape);
        int[] labels = new int[data.LabelsPerImage];
        List<Picture> pictures = [];
        for (int i = 0; i < count; i++)
        {
            data.Read([(int)((long)i * data.Count / count)], image.Span, labels);
            for (int p = 0; p < image.Length; p++) image.Span[p] = (image.Span[p] * preprocessing.Deviation[p / plane]) + preprocessing.Mean[p / plane];
            pictures.Add(Picture.FromTensor(image).Shrink(MostPixels));
        }
        _writer.Image("images", 0, Grid(pictures));
    }

    /// <summary>Pictures of one size in rows, a black line between them.</summary>
    private static Picture Grid(List<Picture> pictures)
    {
        (int height, int width, int channels) = (pictures[0].Height, pictures[0].Width, pictures[0].Channels);
        int columns = Math.Min(GridColumns, pictures.Count), rows = (pictures.Count + columns - 1) / columns;
        int gridHeight = (rows * (height + 1)) - 1, gridWidth = (columns * (width + 1)) - 1;
        byte[] bytes = new byte[gridHeight * gridWidth * channels];
        for (int i = 0; i < pictures.Count; i++)
            for (int row = 0; row < height; row++)
            {
                int place = ((((i / columns * (height + 1)) + row) * gridWidth) + (i % columns * (width + 1))) * channels;
                pictures[i].Bytes.Slice(row * width * channels, width * channels).CopyTo(bytes.AsSpan(place));
            }
        return new Picture(gridWidth, gridHeight, channels, bytes);
    }
}
