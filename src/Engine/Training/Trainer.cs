using System.Diagnostics;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Training;

/// <summary>How long and how fast to train.</summary>
public sealed record TrainerOptions
{
    /// <summary>How often every image is seen; 10 if left out.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>The order of the images follows from it.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The learning rate.</summary>
    public Schedule Schedule { get; init; } = new ConstantRate(0.01f);

    /// <summary>The largest that a number of a gradient may be, before <see cref="ClipNorm"/>; null for any.</summary>
    public float? ClipValue { get; init; }

    /// <summary>The longest that all gradients together may be, in the L2 norm; null for any.</summary>
    public float? ClipNorm { get; init; }
}

/// <summary>Where training stands, reported after every step.</summary>
/// <param name="Epoch">The epoch at hand, from 1.</param>
/// <param name="Step">Steps done in it.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="Train">The epoch's losses and right guesses so far, each counted before the update of its step.</param>
/// <param name="Elapsed">Time of the epoch so far.</param>
public readonly record struct TrainingProgress(int Epoch, int Step, int Steps, BatchResult Train, TimeSpan Elapsed);

/// <summary>What came of an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Train">Losses and right guesses of the training images, each counted before the update of its step.</param>
/// <param name="Test">Those of the test images after the epoch; null if there are none.</param>
/// <param name="TrainingTime">Time of the training steps alone.</param>
/// <param name="LearningRate">η of the epoch's last step.</param>
public sealed record EpochResult(int Epoch, BatchResult Train, BatchResult? Test, TimeSpan TrainingTime, float LearningRate)
{
    /// <summary>Training images of a second.</summary>
    public double ImagesPerSecond => Train.Images / TrainingTime.TotalSeconds;
}

/// <summary>Trains a network by minibatches: shuffle, forward, loss, backward, update, epoch after epoch.</summary>
/// <param name="network">What is trained; its batch size is the minibatch's.</param>
/// <param name="optimizer">How parameters are updated.</param>
/// <param name="loss">What is made small.</param>
public sealed class Trainer(Network network, Optimizer optimizer, Loss loss)
{
    // Apart from the streams that parameters begin with, which count from 0.
    private const ulong OrderStream = 1 << 20;

    /// <summary>
    /// Takes in the weights after each step, and takes their place when test images are measured; null for none. The network is left
    /// with the weights of the last step: <see cref="WeightAverage.Swap"/> gives it the average.
    /// </summary>
    public WeightAverage? Average { get; init; }

    /// <summary>Trains for some epochs.</summary>
    /// <param name="train">Images to learn from; the last minibatch of an epoch may be smaller.</param>
    /// <param name="test">Images to measure by after each epoch, or null.</param>
    /// <param name="options">Epochs, seed, learning rate.</param>
    /// <param name="progress">Told after every step; must be quick.</param>
    /// <param name="epochs">Told after every epoch.</param>
    /// <param name="cancellation">Asked after every step: the step at hand is finished, so that the network is left whole.</param>
    /// <returns>The epochs' results.</returns>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    /// <exception cref="ArgumentException">The data does not fit the network.</exception>
    /// <exception cref="ArithmeticException">The loss is no longer a finite number: training has diverged.</exception>
    public IReadOnlyList<EpochResult> Fit(
        IDataset train, IDataset? test, TrainerOptions options,
        IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochs = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        int[] order = [.. Enumerable.Range(0, train.Count)];
        List<EpochResult> results = [];
        for (int epoch = 1; epoch <= options.Epochs; epoch++)
        {
            SplitMix64 random = SplitMix64.For((ulong)options.Seed, OrderStream, (ulong)epoch);
            random.Shuffle(order);
            train.BeginEpoch(epoch);
            long start = Stopwatch.GetTimestamp();
            (BatchResult result, float rate) = RunEpoch(train, order, results, options, progress, cancellation);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            results.Add(new EpochResult(epoch, result, test is null ? null : Test(test, cancellation), time, rate));
            epochs?.Report(results[^1]);
        }
        return results;
    }

    /// <summary>Losses and right guesses of all images of a data set.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public BatchResult Evaluate(IDataset data, CancellationToken cancellation = default) => Evaluate(data, null, cancellation);

    /// <summary>The same, with a confusion matrix: <c>matrix[truth, guess]</c> is incremented for each image.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public BatchResult Evaluate(IDataset data, int[,]? confusion, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        int batch = network.Options.BatchSize, outputs = network.OutputShape.Length;
        int[] indices = new int[Math.Min(batch, data.Count)];
        BatchResult total = default;
        for (int first = 0; first < data.Count; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<int> some = indices.AsSpan(0, Math.Min(batch, data.Count - first));
            for (int i = 0; i < some.Length; i++) some[i] = first + i;
            total += network.Evaluate(data, some, loss);
            if (confusion is null) continue;
            for (int i = 0; i < some.Length; i++)
                confusion[network.Labels[i], System.Numerics.Tensors.TensorPrimitives.IndexOfMax(network.Outputs.Slice(i * outputs, outputs))]++;
        }
        return total;
    }

    private BatchResult Test(IDataset data, CancellationToken cancellation)
    {
        Average?.Swap();
        try
        {
            return Evaluate(data, cancellation);
        }
        finally
        {
            Average?.Swap();
        }
    }

    private (BatchResult Result, float Rate) RunEpoch(
        IDataset train, int[] order, List<EpochResult> results, TrainerOptions options,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        int epoch = results.Count + 1;
        int batch = network.Options.BatchSize, steps = (train.Count + batch - 1) / batch;
        long start = Stopwatch.GetTimestamp();
        BatchResult total = default;
        float rate = 0;
        for (int step = 0; step < steps; step++)
        {
            rate = options.Schedule.Rate(new TrainingPosition(((long)(epoch - 1) * steps) + step, steps, options.Epochs, results));
            ReadOnlySpan<int> indices = order.AsSpan(step * batch, Math.Min(batch, train.Count - (step * batch)));
            BatchResult result = network.Backpropagate(train, indices, loss);
            if (!double.IsFinite(result.Loss))
                throw new ArithmeticException($"the loss is {result.Loss} in step {step + 1} of epoch {epoch}: training has diverged; try a learning rate below {rate}");
            if (options.ClipValue is { } most) ClipGradients.ByValue(network.Parameters, most);
            if (options.ClipNorm is { } longest) ClipGradients.ByNorm(network.Parameters, longest);
            optimizer.Step(network.Parameters, rate);
            Average?.Update();
            total += result;
            progress?.Report(new TrainingProgress(epoch, step + 1, steps, total, Stopwatch.GetElapsedTime(start)));
            cancellation.ThrowIfCancellationRequested();
        }
        return (total, rate);
    }
}
