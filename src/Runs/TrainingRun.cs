using System.Diagnostics;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Optimizers;
using CnnEngine.Runs.Report;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>
/// A training in a folder of its own, which is saved as it goes: killed at any instant, it goes on from the last checkpoint, and the
/// same bits come out as if nothing had happened.
/// </summary>
/// <remarks>
/// After an epoch, its line of metrics and its events are written, then the best network if it is one, then the checkpoint: whatever is newer than the
/// checkpoint is written anew, the same, by a training that goes on from it.
/// </remarks>
public sealed class TrainingRun : IDisposable
{
    private readonly FileStream _lock;
    private readonly IDataset _train;
    private readonly TrainingState? _from;
    private readonly ModelManifest _manifest;
    private long _saved;

    private TrainingRun(RunPlan plan, RunFolder folder, FileStream held)
    {
        (Plan, Folder, _lock) = (plan, folder, held);
        Network = plan.Compile();
        Trainer = new Trainer(Network, Config.Optimizer.Create(), Config.CreateLoss())
        {
            Average = Config.Average is { } keep ? new WeightAverage(Network.Parameters, keep) : null,
        };
        _train = Config.Augmentation.IsOn ? new AugmentedDataset(plan.Data.Train, Config.Augmentation, Config.Seed) : plan.Data.Train;
        _manifest = plan.Manifest();
        if (!File.Exists(folder.Last)) return;
        _from = Checkpoint.Load(folder.Last, Trainer);
        RequireSame(_from);
    }

    /// <summary>What is trained, on what, and how.</summary>
    public RunPlan Plan { get; }

    /// <summary>Where everything is kept.</summary>
    public RunFolder Folder { get; }

    /// <summary>What is trained.</summary>
    public Network Network { get; }

    /// <summary>What trains it.</summary>
    public Trainer Trainer { get; }

    /// <summary>The configuration.</summary>
    public RunConfig Config => Plan.Config;

    /// <summary>The epochs that were done before this run.</summary>
    public IReadOnlyList<EpochResult> Before => _from?.Results ?? [];

    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsOver => Before.Count >= Config.Epochs || Config.EarlyStopping?.IsOver(Before) == true;

    /// <summary>Whether epochs were added to a training whose learning rate's curve spans all of them, so that those done followed another one.</summary>
    public bool IsStretched { get; private init; }

    /// <summary>Makes a folder for a training and writes the configuration into it.</summary>
    /// <exception cref="IOException">The folder has something in it already, or cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static TrainingRun Start(RunPlan plan, RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(folder);
        FileStream held = folder.Create();
        try
        {
            TrainingRun run = new(plan, folder, held);
            if (plan.Data.Skipped.Count > 0) AtomicFile.Write(folder.Skipped, WriteSkipped);
            // Last: a folder with a configuration is one to go on with.
            plan.Config.Write(folder.Config);
            return run;
        }
        catch
        {
            held.Dispose();
            throw;
        }

        void WriteSkipped(Stream stream)
        {
            foreach (SkippedFile file in plan.Data.Skipped) stream.Write(System.Text.Encoding.UTF8.GetBytes($"{file.Reason.ReplaceLineEndings(" ")}\n"));
        }
    }

    /// <summary>Goes on with the training of a folder, from the last checkpoint, or from the beginning if it did not get so far.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="epochs">How many epochs there are to be in all, in place of the configuration's number.</param>
    /// <param name="progress">Told how far the reading of pictures has come.</param>
    /// <param name="cancellation">Ends the reading of pictures.</param>
    /// <exception cref="ConfigurationException">More epochs than that are done already.</exception>
    /// <exception cref="InvalidDataException">The data, the configuration or the checkpoint is damaged, or they do not belong together.</exception>
    /// <exception cref="IOException">There is no training in the folder, another process is training in it, or it cannot be read or written.</exception>
    public static TrainingRun Resume(
        RunFolder folder, int? epochs = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.RequireRun();
        FileStream held = folder.Lock();
        try
        {
            RunConfig config = RunConfig.Read(folder.Config);
            RunPlan plan = RunPlan.Make(epochs is { } number ? config with { Epochs = number } : config, folder.Config, progress, cancellation);
            TrainingRun run = new(plan, folder, held) { IsStretched = plan.Config.Epochs != config.Epochs && config.Schedule.SpansTraining };
            if (epochs < run.Before.Count) throw new ConfigurationException($"epochs is {epochs}; {run.Before.Count} are done already");
            if (epochs is not null && epochs != config.Epochs) plan.Config.Write(folder.Config);
            return run;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="progress">Told after every step; must be quick.</param>
    /// <param name="epochs">Told after every epoch, when it is on the disk.</param>
    /// <param name="cancellation">Asked after every step.</param>
    /// <returns>The results of all epochs, those before this run among them.</returns>
    /// <exception cref="TrainingStoppedException">It was cancelled, and saved.</exception>
    /// <exception cref="ArithmeticException">Training has diverged; what was saved last is from before.</exception>
    /// <exception cref="IOException">Something could not be read or written, as on a full disk; what was saved last is whole.</exception>
    public RunResult Run(IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochs = null, CancellationToken cancellation = default)
    {
        try
        {
            return Train(progress, epochs, cancellation);
        }
        catch (ArgumentOutOfRangeException error) when (AtomicFile.IsTooLarge(error))
        {
            throw new IOException($"{Folder.Path}: the metrics or events cannot be written: a file is larger than it may be here", error);
        }
    }

    private RunResult Train(IProgress<TrainingProgress>? progress, IProgress<EpochResult>? epochs, CancellationToken cancellation)
    {
        Threads.Count = Config.Threads ?? Environment.ProcessorCount;
        MetricsLine.Write(Folder.Metrics, Before);
        File.Delete(Folder.Divergence);
        if (IsOver) return ResultOf(Before, cancellation);
        using RunEvents events = new(Folder.Events, Network, Plan.Data.Train, _from);
        _saved = Stopwatch.GetTimestamp();
        try
        {
            IReadOnlyList<EpochResult> results = Trainer.Fit(
                _train, Plan.Data.Validation, Config.TrainerOptions(), new Callback<TrainingProgress>(AfterStep), new Callback<EpochResult>(AfterEpoch), _from, cancellation);
            return ResultOf(results, cancellation);
        }
        catch (OperationCanceledException error)
        {
            if (Trainer.State is not { } state) throw;
            Save();
            string where = state.Epoch > Config.Epochs ? "after the last epoch" : $"in epoch {state.Epoch} of {Config.Epochs} after step {state.Step} of {state.StepsPerEpoch}";
            throw new TrainingStoppedException($"stopped {where}; cnn resume {Folder.Path} goes on", error);
        }
        catch (ArithmeticException error)
        {
            if (error is DivergenceException at) Record(new Divergence(at.Epoch, at.Step, at.Loss, at.LearningRate), at.Minibatch, [.. at.Images]);
            throw new ArithmeticException($"{error.Message}; cnn doctor {Folder.Path} looks for the cause", error);
        }

        void AfterStep(TrainingProgress step)
        {
            if (Stopwatch.GetElapsedTime(_saved).TotalSeconds >= Config.CheckpointSeconds) Save();
            progress?.Report(step);
        }

        void AfterEpoch(EpochResult epoch)
        {
            MetricsLine.Append(Folder.Metrics, epoch);
            events.Write(epoch);
            if (epoch.Test is { } measured && !double.IsFinite(measured.Loss))
            {
                IDataset images = Plan.Data.Validation!;
                Record(new Divergence(epoch.Epoch, null, measured.MeanLoss, epoch.LearningRate), images, [.. Enumerable.Range(0, Math.Min(Config.Batch, images.Count))]);
                throw new ArithmeticException(
                    $"the validation loss is {measured.Loss} after epoch {epoch.Epoch}: training has diverged; try a learning rate below {Config.Schedule.Rate}");
            }
            if (Trainer.State!.Results.Best(Config.Best) == epoch) Checkpoint.SaveModel(Folder.Best, Trainer, _manifest);
            Save();
            epochs?.Report(epoch);
        }
    }

    /// <summary>Writes the report of what has been trained so far: <see cref="HtmlReport"/>.</summary>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void WriteReport(IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default) =>
        HtmlReport.Write(ReportData.Of(Folder, Plan, progress, cancellation), Folder.Report, progress, cancellation);

    /// <summary>Lets others train in the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private RunResult ResultOf(IReadOnlyList<EpochResult> epochs, CancellationToken cancellation)
    {
        EpochResult? best = epochs.Best(Config.Best);
        return new RunResult(epochs, best, best is null ? null : Test(cancellation), epochs.Count < Config.Epochs);
    }

    private BatchResult? Test(CancellationToken cancellation)
    {
        if (Plan.Data.Test is not { } images) return null;
        Network best = ModelFile.Load(Folder.Best, new NetworkOptions { BatchSize = Config.Batch, Training = false }, out _);
        return new Trainer(best, Config.Optimizer.Create(), Config.CreateLoss()).Evaluate(images, cancellation);
    }

    /// <summary>Refuses to go on with other data, or another order of it, than the training had.</summary>
    private void RequireSame(TrainingState from)
    {
        (string file, string data) = (Folder.Last, Plan.Data.Name);
        ModelManifest saved = ModelFile.ReadManifest(file);
        if (from.Images != _train.Count) throw new InvalidDataException($"{file}: it was learning from {from.Images} images; {data} has {_train.Count} now");
        if (from.Seed != Config.Seed) throw new InvalidDataException($"{file}: the seed was {from.Seed}; here it is {Config.Seed}");
        foreach ((int number, string name) in (saved.Classes ?? []).Index())
            if (name != Plan.Data.ClassNames[number])
                throw new InvalidDataException($"{file}: class {number} was {Quoting.Quote(name)}; in {data} it is {Quoting.Quote(Plan.Data.ClassNames[number])} now");
        if (saved.Preprocessing != _manifest.Preprocessing)
            throw new InvalidDataException($"{file}: the images have changed: they had {Described(saved.Preprocessing)}; those of {data} have {Described(_manifest.Preprocessing)} now");

        static string Described(Preprocessing? preprocessing) =>
            preprocessing is null ? "no preprocessing" : $"the mean {string.Join(", ", preprocessing.Mean)} and the deviation {string.Join(", ", preprocessing.Deviation)}";
    }

    /// <summary>Writes down where the training diverged, and which number was the first that was not finite.</summary>
    private void Record(Divergence divergence, IDataset data, int[] images)
    {
        try
        {
            divergence.Write(Folder);
            // The step has not been made, so that the same images show the same again.
            NetworkHealth health = NetworkHealth.Measure(Network, data, images, Config.CreateLoss());
            (divergence with { Origin = health.Origin }).Write(Folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            // That it diverged, and where, is to be said all the same.
        }
    }

    private void Save()
    {
        Checkpoint.Save(Folder.Last, Trainer, _manifest);
        _saved = Stopwatch.GetTimestamp();
    }

    // Called at once, on the training's own thread.
    private sealed class Callback<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}

/// <summary>What came of a training.</summary>
/// <param name="Epochs">The results of all epochs.</param>
/// <param name="Best">The best of them; null if none has a number.</param>
/// <param name="Test">What the best epoch's network makes of the test images; null if there are none, or they were measured by all along.</param>
/// <param name="IsEarly">Whether it was ended before the last epoch, since it got no better.</param>
public sealed record RunResult(IReadOnlyList<EpochResult> Epochs, EpochResult? Best, BatchResult? Test, bool IsEarly);
