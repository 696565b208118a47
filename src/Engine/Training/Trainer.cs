using System.Diagnostics;
using System.Globalization;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Training;

/// <summary>Trains a network by minibatches: shuffle, forward, loss, backward, update, epoch after epoch.</summary>
/// <param name="network">What is trained; its batch size is the minibatch's.</param>
/// <param name="optimizer">How parameters are updated.</param>
/// <param name="loss">What is made small.</param>
public sealed class Trainer(Network network, Optimizer optimizer, Loss loss)
{
    // Logits, and so a cross-entropy, are about as large as the gradients of weights times these. Gradients of a smaller loss are not looked
    // through in every step: it would take up to 2 % of one. Should there be any that are not finite, the next loss is not either.
    private const double LargeLoss = 1e6;

    // Where training stands, in fields, so that a step allocates nothing.
    private TrainingState? _state; // all but what follows
    private List<EpochResult> _results = [];
    private int _step;
    private BatchResult _total;
    private TimeSpan _elapsed;
    private float _rate;
    private (long Network, long Optimizer, long Average) _steps;

    /// <summary>What is trained.</summary>
    public Network Network => network;

    /// <summary>How parameters are updated.</summary>
    public Optimizer Optimizer => optimizer;

    /// <summary>
    /// Takes in the weights after each step, and takes their place when test images are measured; null for none. The network is left
    /// with the weights of the last step: <see cref="WeightAverage.Swap"/> gives it the average.
    /// </summary>
    public WeightAverage? Average { get; init; }

    /// <summary>
    /// Where training stands, a new copy each time: inside the callbacks of <see cref="Fit"/>, and after it, whether it was finished,
    /// cancelled, or stopped by data that could not be read. Null before the first training.
    /// </summary>
    public TrainingState? State => _state is null ? null : _state with
    {
        Epoch = _results.Count + 1,
        Step = _step,
        Train = _total,
        Elapsed = _elapsed,
        LearningRate = _rate,
        NetworkSteps = _steps.Network,
        OptimizerSteps = _steps.Optimizer,
        AverageSteps = _steps.Average,
        Results = [.. _results],
    };

    /// <summary>Trains for some epochs, or goes on where a training stopped as if it had not.</summary>
    /// <remarks>
    /// To go on in a new process, make network, optimiser, average and data as before, and take the state from
    /// <see cref="Checkpoint.Load"/>. The same bits come out as without a stop, wherever it was, but for times.
    /// Gradients of the last step are in <see cref="Layers.Parameter.Gradient"/> (clipped, if they are to be) inside the callbacks.
    /// </remarks>
    /// <param name="train">Images to learn from; the last minibatch of an epoch may be smaller.</param>
    /// <param name="test">Images to measure by after each epoch, or null.</param>
    /// <param name="options">Epochs, seed, learning rate.</param>
    /// <param name="progress">Told after every step; must be quick.</param>
    /// <param name="epochs">Told after every epoch.</param>
    /// <param name="from">Where to go on; null to begin. Weights, optimiser and average must hold the numbers that they had there.</param>
    /// <param name="cancellation">Asked after every step: the step at hand is finished, so that the network is left whole.</param>
    /// <returns>The epochs' results, those before <paramref name="from"/> among them.</returns>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    /// <exception cref="ArgumentException">The data does not fit the network, or the state another seed, minibatch or number of images.</exception>
    /// <exception cref="DivergenceException">The loss is no longer a finite number, or the gradients of a large one are not: training has diverged.</exception>
    public IReadOnlyList<EpochResult> Fit(
        IDataset train, IDataset? test, TrainerOptions options,
        IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochs = null,
        TrainingState? from = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        Begin(train, options, from);
        using BatchLoader loader = new(train, network.Options.BatchSize, options.Seed, options.ReadsAhead);
        while (_results.Count < options.Epochs && options.EarlyStopping?.IsOver(_results) != true)
        {
            cancellation.ThrowIfCancellationRequested();
            int epoch = _results.Count + 1;
            loader.BeginEpoch(epoch, _step);
            RunEpoch(loader, options, progress, cancellation);
            BatchResult? result = test is null ? null : Test(test, cancellation);
            _results.Add(new EpochResult(epoch, _total, result, _elapsed, _rate));
            (_step, _total, _elapsed) = (0, default, default);
            epochs?.Report(_results[^1]);
        }
        return _results;
    }

    /// <summary>Losses and right guesses of all images of a data set.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public BatchResult Evaluate(IDataset data, CancellationToken cancellation = default) => Evaluate(data, null, cancellation);

    /// <summary>The same, with a confusion matrix: <c>matrix[truth, guess]</c> is incremented for each image.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public BatchResult Evaluate(IDataset data, int[,]? confusion, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        int outputs = network.OutputShape.Length;
        BatchResult total = default;
        using BatchLoader loader = new(data, network.Options.BatchSize, seed: null);
        loader.BeginEpoch(1);
        while (loader.TryNext(out Minibatch batch, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            total += network.Evaluate(batch.Data, batch.Indices, loss);
            if (confusion is null) continue;
            for (int i = 0; i < batch.Indices.Length; i++)
                confusion[network.Labels[i * network.LabelsPerImage], System.Numerics.Tensors.TensorPrimitives.IndexOfMax(network.Outputs.Slice(i * outputs, outputs))]++;
        }
        return total;
    }

    private BatchResult Test(IDataset data, CancellationToken cancellation)
    {
        BatchResult result = default;
        WithTestWeights(() => result = Evaluate(data, cancellation));
        return result;
    }

    /// <summary>Does something while the network has the weights that test images are measured with.</summary>
    internal void WithTestWeights(Action action)
    {
        WeightAverage? average = Average is { Steps: > 0 } ? Average : null;
        average?.Swap();
        try
        {
            action();
        }
        finally
        {
            average?.Swap();
        }
    }

    private void Begin(IDataset train, TrainerOptions options, TrainingState? from)
    {
        int batch = network.Options.BatchSize;
        if (from is not null && (from.Seed, from.Images, from.BatchSize) != (options.Seed, train.Count, batch))
            throw new ArgumentException(
                $"the state is of {from.Images} images in minibatches of {from.BatchSize}, seed {from.Seed}; " +
                $"here there are {train.Count} in minibatches of {batch}, seed {options.Seed}", nameof(from));
        _state = new TrainingState
        {
            Seed = options.Seed,
            Images = train.Count,
            BatchSize = batch,
            Optimizer = optimizer.ToString()!,
            Schedule = options.Schedule.ToString()!,
            Epoch = 1,
            Step = 0,
            Train = default,
            Elapsed = default,
            LearningRate = 0,
            NetworkSteps = 0,
            OptimizerSteps = 0,
            AverageSteps = 0,
            Results = [],
        };
        _results = [.. from?.Results ?? []];
        (_step, _total, _elapsed, _rate) = from is null ? default : (from.Step, from.Train, from.Elapsed, from.LearningRate);
        if (from is not null)
        {
            (network.Steps, optimizer.Steps) = (from.NetworkSteps, from.OptimizerSteps);
            if (Average is not null) Average.Steps = from.AverageSteps;
        }
        CountSteps();
    }

    private void CountSteps() => _steps = (network.Steps, optimizer.Steps, Average?.Steps ?? 0);

    private void RunEpoch(BatchLoader loader, TrainerOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        int epoch = _results.Count + 1, steps = loader.Batches;
        TimeSpan before = _elapsed;
        long start = Stopwatch.GetTimestamp();
        while (loader.TryNext(out Minibatch batch, cancellation))
        {
            float rate = options.Schedule.Rate(new TrainingPosition(((long)(epoch - 1) * steps) + _step, steps, options.Epochs, _results));
            BatchResult result = network.Backpropagate(batch.Data, batch.Indices, loss);
            if (!double.IsFinite(result.Loss)) throw Diverged($"the loss is {result.Loss}", result, batch, rate);
            if (options.ClipValue is { } most) ClipGradients.ByValue(network.Parameters, most);
            if (options.ClipNorm is { } longest) ClipGradients.ByNorm(network.Parameters, longest);
            if (result.MeanLoss > LargeLoss && HasNonFiniteGradient()) throw Diverged($"gradients of a loss of {result.MeanLoss:G3} are not finite", result, batch, rate);
            optimizer.Step(network.Parameters, rate);
            Average?.Update();

            TimeSpan elapsed = before + Stopwatch.GetElapsedTime(start);
            TrainingMetrics.Record(result, elapsed - _elapsed);
            (_step, _total, _elapsed, _rate) = (_step + 1, _total + result, elapsed, rate);
            CountSteps();
            progress?.Report(new TrainingProgress(epoch, _step, steps, _total, elapsed, result, rate));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private bool HasNonFiniteGradient()
    {
        foreach (Layers.Parameter parameter in network.Parameters)
            foreach (float number in parameter.Gradient.Span)
                if (!float.IsFinite(number)) return true;
        return false;
    }

    private DivergenceException Diverged(FormattableString what, BatchResult result, in Minibatch batch, float rate)
    {
        (int epoch, int step) = (_results.Count + 1, _step + 1);
        string message = $"{what.ToString(CultureInfo.InvariantCulture)} in step {step} of epoch {epoch}: training has diverged; try a learning rate below {rate}";
        return new DivergenceException(message, epoch, step, result.MeanLoss, rate, batch.Data, batch.Indices.ToArray());
    }
}
