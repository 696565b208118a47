using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>How good a network is.</summary>
/// <param name="Model">Its file.</param>
/// <param name="Data">What to call the images.</param>
/// <param name="ClassNames">What their classes are called.</param>
/// <param name="Result">Losses and right guesses.</param>
/// <param name="Classes">Which class was taken for which, and precision, recall and F1 of each.</param>
/// <param name="Skipped">Files that were left out.</param>
public sealed record Evaluation(
    string Model, string Data, IReadOnlyList<string> ClassNames, BatchResult Result, Classification Classes, IReadOnlyList<SkippedFile> Skipped)
{
    private const int Batch = 64;

    /// <summary>Measures a network.</summary>
    /// <param name="path">A model file, or a run's folder: its best network, or the last one before the first epoch is over.</param>
    /// <param name="data">The images; null, for a run, for its own: those to test on, or else those that epochs are measured by.</param>
    /// <param name="cancellation">Asked after every minibatch.</param>
    /// <exception cref="ConfigurationException">A model file needs data.</exception>
    /// <exception cref="InvalidDataException">The file or the data is damaged, or they do not fit each other.</exception>
    /// <exception cref="IOException">There is no such file, or it or the data cannot be read.</exception>
    public static Evaluation Of(string path, DataConfig? data = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = ModelPath.Find(path);
        RunConfig? run = RunFolder.IsRun(path) ? RunConfig.Read(new RunFolder(path).Config) : null;
        if (run is null && data is null) throw new ConfigurationException("--data is missing; a model file has no images of its own");
        Network network = ModelFile.Load(file, new NetworkOptions { BatchSize = run?.Batch ?? Batch, Training = false }, out ModelManifest manifest);
        (IDataset images, IReadOnlyList<SkippedFile> skipped) = data is null
            ? Own(run!, path, cancellation)
            : RunData.OpenToTest(data, manifest.Preprocessing, manifest.Classes, cancellation);
        if (images.ImageShape != network.InputShape || network.OutputShape.Rank != 1 || images.Classes != network.OutputShape[0])
            throw new InvalidDataException(
                $"{file}: the network takes {network.InputShape} and tells {network.OutputShape} classes apart; {images.Name} has images of {images.ImageShape} in {images.Classes}");
        int[,] confusion = new int[images.Classes, images.Classes];
        Trainer trainer = new(network, new Sgd(), run?.CreateLoss() ?? new CrossEntropy());
        BatchResult result = trainer.Evaluate(images, confusion, cancellation);
        return new Evaluation(
            file, images.Name, manifest.Classes ?? [.. Enumerable.Range(0, images.Classes).Select(c => $"{c}")], result, new Classification(confusion), skipped);
    }

    private static (IDataset, IReadOnlyList<SkippedFile>) Own(RunConfig run, string path, CancellationToken cancellation)
    {
        RunData data = RunPlan.Make(run, new RunFolder(path).Config, null, cancellation).Data;
        return (data.Test ?? data.Validation ?? data.Train, data.Skipped);
    }
}
