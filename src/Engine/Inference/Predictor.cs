using System.Globalization;
using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Serialization;

namespace CnnEngine.Inference;

/// <summary>
/// A trained network at work, for any number of callers at once. Batch normalisation is part of the weights (<see cref="Network.Fold"/>).
/// </summary>
/// <remarks>
/// A compiled network serves one caller at a time, but networks compiled from one graph have their weights in common. So a predictor keeps
/// a stack of them, takes one for a call and lays it back: there are as many as calls were ever made at once, each with memory only for the
/// values between its layers. The same images give the same bits, however many callers there are.
/// </remarks>
/// <example><code>
/// Predictor predictor = Predictor.Load("digits.safetensors");
/// Console.WriteLine(predictor.Predict(ImageFile.Read("three.png")).Best);
/// </code></example>
public sealed class Predictor
{
    private readonly NetworkPool _single;
    private readonly NetworkPool _batches;
    private readonly Layer _last;

    /// <summary>Puts a network to work.</summary>
    /// <param name="network">The network with its weights as they are now; train it further, and make another predictor.</param>
    /// <param name="preprocessing">What happens to pictures; without it, they cannot be predicted from, only numbers.</param>
    /// <param name="classes">The names of the classes; their numbers if left out.</param>
    /// <param name="batchSize">The most images that are computed together; 16 if left out. A caller of one image at a time takes memory for one.</param>
    /// <exception cref="ArgumentException">The preprocessing is for other images, there are more or fewer names than outputs, or the batch size is below 1.</exception>
    public Predictor(Network network, Preprocessing? preprocessing = null, IReadOnlyList<string>? classes = null, int batchSize = 16)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (batchSize < 1) throw new ArgumentException($"the batch size is {batchSize}; it must be at least 1", nameof(batchSize));
        if (preprocessing is not null && preprocessing.Input != network.InputShape)
            throw new ArgumentException($"pictures become {preprocessing.Input}; the network takes {network.InputShape}", nameof(preprocessing));
        if (classes is not null && classes.Count != network.OutputShape[0])
            throw new ArgumentException($"there are {classes.Count} class names; the network's output is {network.OutputShape}", nameof(classes));
        (Preprocessing, Classes, InputShape, OutputShape) = (preprocessing, classes, network.InputShape, network.OutputShape);
        Network folded = network.Fold(new NetworkOptions { BatchSize = 1, Training = false });
        Lock compiling = new();
        _single = new NetworkPool(folded, 1, compiling);
        _batches = batchSize == 1 ? _single : new NetworkPool(folded, batchSize, compiling);
        _last = network.Layers[^1].Layer;
    }

    /// <summary>What happens to pictures; null if nobody has said.</summary>
    public Preprocessing? Preprocessing { get; }

    /// <summary>The names of the classes; null if nobody has said.</summary>
    public IReadOnlyList<string>? Classes { get; }

    /// <summary>The shape of one image as the network takes it, <c>C×H×W</c>.</summary>
    public Shape InputShape { get; }

    /// <summary>The shape of one image's output.</summary>
    public Shape OutputShape { get; }

    /// <summary>Puts the network of a model file to work (<see cref="ModelFile"/>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="batchSize">The most images that are computed together.</param>
    /// <exception cref="InvalidDataException">The file is damaged or no model file, or what is in it does not fit together.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Predictor Load(string path, int batchSize = 16)
    {
        Network network = ModelFile.Load(path, new NetworkOptions { BatchSize = 1, Training = false }, out ModelManifest manifest);
        if (manifest.Preprocessing is { } preprocessing && preprocessing.Input != network.InputShape)
            throw new InvalidDataException($"{path}: its preprocessing makes images of {preprocessing.Input}; its network takes {network.InputShape}");
        return new Predictor(network, manifest.Preprocessing, manifest.Classes, batchSize);
    }

    /// <summary>The network's output for any number of images. Allocates nothing, unless there are more callers at once than ever before.</summary>
    /// <param name="images">Normalised images, N×C×H×W numbers.</param>
    /// <param name="outputs">Receives N × <see cref="OutputShape"/> numbers: logits, for a classifier.</param>
    /// <exception cref="ArgumentException">The numbers are not whole images, or the destination is too short.</exception>
    public void Predict(ReadOnlySpan<float> images, Span<float> outputs) => (images.Length > InputShape.Length ? _batches : _single).Predict(images, outputs);

    /// <summary>What a picture shows.</summary>
    /// <param name="picture">The picture, of any size.</param>
    /// <param name="top">How many classes to tell, the likeliest first.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="top"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">There is no preprocessing, or the network does not tell classes of a whole picture.</exception>
    public Prediction Predict(Picture picture, int top = 5) => Predict([picture], top)[0];

    /// <summary>What pictures show, computed a batch at a time.</summary>
    /// <param name="pictures">The pictures, of any sizes.</param>
    /// <param name="top">How many classes to tell of each, the likeliest first.</param>
    /// <returns>A prediction for each picture, in their order.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="top"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">There is no preprocessing, or the network does not tell classes of a whole picture.</exception>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<Picture> pictures, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        Preprocessing preprocessing = Preprocessing ?? throw new InvalidOperationException("nobody has said what happens to pictures before the network; it has no preprocessing");
        if (OutputShape.Length != OutputShape[0]) throw new InvalidOperationException($"the network's output is {OutputShape}, not one number for each class");
        if (pictures.Count == 0) return [];
        int batch = Math.Min(_batches.BatchSize, pictures.Count);
        Tensor images = Tensor.Zeros(InputShape.Prepend(batch));
        float[] outputs = new float[batch * OutputShape.Length];
        Prediction[] predictions = new Prediction[pictures.Count];
        for (int first = 0; first < predictions.Length; first += batch)
        {
            int start = first, count = Math.Min(batch, predictions.Length - first);
            Threads.For(count, i => preprocessing.Apply(pictures[start + i], images.Images(i, 1).Span));
            Predict(images.Images(0, count).Span, outputs);
            for (int i = 0; i < count; i++) predictions[first + i] = Tell(outputs.AsSpan(i * OutputShape.Length, OutputShape.Length), top);
        }
        return predictions;
    }

    private Prediction Tell(ReadOnlySpan<float> output, int top)
    {
        float[] confidences = output.ToArray();
        if (_last is LogSoftmax) TensorPrimitives.Exp(output, confidences);
        else if (_last is not Softmax) SoftmaxCrossEntropy.Softmax(output.Length, output, confidences);
        // By the outputs, which still differ where confidences are all but 0; of equal ones the first.
        float[] keys = output.ToArray();
        IEnumerable<int> best = Enumerable.Range(0, keys.Length).OrderByDescending(i => keys[i]).Take(top);
        return new Prediction([.. best.Select(i => new Candidate(i, Classes?[i] ?? i.ToString(CultureInfo.InvariantCulture), confidences[i]))]);
    }
}
