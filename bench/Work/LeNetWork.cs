using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;

namespace CnnEngine.Bench.Work;

/// <summary>LeNet-5 with ReLU and max pooling, as the peers' driver has it.</summary>
internal static class LeNetWork
{
    /// <summary>Images of one training step.</summary>
    public const int Batch = 64;

    private static readonly Shape Image = new(1, 28, 28);

    /// <summary>
    /// Floating-point operations of training on one image: three passes over every layer, but for the first layer's input gradient,
    /// which nobody wants.
    /// </summary>
    public const double TrainingFlops = 2 * ((2 * Conv1) + (3 * Conv2) + (3 * Linear));

    private const double Conv1 = 28 * 28 * 6 * 25;
    private const double Conv2 = 10 * 10 * 16 * 6 * 25;
    private const double Linear = (400 * 120) + (120 * 84) + (84 * 10);

    /// <summary>Trains a new network for one epoch by plain SGD with momentum.</summary>
    public static EpochResult TrainEpoch(IDataset train, IDataset? test, CancellationToken cancellation, bool? readsAhead = null)
    {
        Trainer trainer = new(Compile(Batch, training: true), new Sgd(momentum: 0.9f), new CrossEntropy());
        return trainer.Fit(train, test, new TrainerOptions { Epochs = 1, Schedule = new ConstantRate(0.05f), ReadsAhead = readsAhead }, cancellation: cancellation)[0];
    }

    /// <summary>What <c>Network.Predict</c> does with one batch of images, over and over.</summary>
    /// <returns>Seconds a batch.</returns>
    public static double Predict(IDataset data, int batch, Turn turn)
    {
        Network network = Compile(batch, training: false);
        Tensor images = Tensor.Zeros(Image.Prepend(batch));
        Tensor outputs = Tensor.Zeros(network.OutputShape.Prepend(batch));
        data.Read([.. Enumerable.Range(0, batch)], images.Span, new int[batch]);
        return Timing.Best(() => network.Predict(images.Span, outputs.Span), turn);
    }

    private static Network Compile(int batch, bool training)
    {
        Sequential layers = new()
        {
            new Conv2d(6, 5, padding: 2), new ReLU(), new MaxPool2d(2),
            new Conv2d(16, 5), new ReLU(), new MaxPool2d(2),
            new Flatten(), new Linear(120), new ReLU(), new Linear(84), new ReLU(), new Linear(10),
        };
        return layers.Compile(Image, new NetworkOptions { BatchSize = batch, Training = training });
    }
}
