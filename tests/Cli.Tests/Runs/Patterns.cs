using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Runs;
using CnnEngine.Training;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>Small images that are learnt in no time: each class has a pattern of its own, under noise.</summary>
internal static class Patterns
{
    public const int Classes = 4;

    public static readonly Shape Image = new(1, 8, 8);

    /// <summary>Images with as many of each class.</summary>
    public static TensorDataset Images(int count, int seed = 1, float mean = 0, bool shuffled = false, int classes = Classes, float noise = 0.5f)
    {
        Random random = new(seed);
        Tensor images = Tensor.Zeros(Image.Prepend(count));
        int[] labels = [.. Enumerable.Range(0, count).Select(n => n % classes)];
        for (int n = 0; n < count; n++)
            for (int i = 0; i < Image.Length; i++)
            {
                double angle = Math.PI * labels[n] / classes, phase = ((Math.Cos(angle) * (i / 8)) + (Math.Sin(angle) * (i % 8))) * 1.6;
                images.Span[(n * Image.Length) + i] = (float)(1.2 * Math.Sin(phase)) + (noise * (float)((random.NextDouble() * 2) - 1)) + mean;
            }
        if (shuffled) random.Shuffle(labels);
        return new TensorDataset("patterns", images, labels, classes);
    }

    public static Network Compile(int classes = Classes, int batch = 16) =>
        new Sequential { new Conv2d(8, 3, padding: 1), new ReLU(), new MaxPool2d(2), new Conv2d(12, 3), new ReLU(), new Flatten(), new Linear(24), new ReLU(), new Linear(classes) }
            .Compile(Image, new NetworkOptions { BatchSize = batch });

    /// <summary>Trains a network, and says what its lines of metrics would be.</summary>
    public static List<MetricsLine> Train(Network network, Optimizer optimizer, IDataset train, IDataset? held, int epochs, float rate) =>
        [.. new Trainer(network, optimizer, new CrossEntropy()).Fit(train, held, new TrainerOptions { Epochs = epochs, Schedule = new ConstantRate(rate) }).Select(MetricsLine.Of)];

    /// <summary>An epoch out of the air.</summary>
    public static MetricsLine Epoch(int number, double loss, double accuracy, double? heldLoss = null, double? heldAccuracy = null) =>
        new(number, loss, accuracy, heldLoss, heldAccuracy, 0.05f, 1, 1000);
}
