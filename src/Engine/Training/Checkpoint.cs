using CnnEngine.Graphs;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using static CnnEngine.Serialization.Quoting;

namespace CnnEngine.Training;

/// <summary>
/// A training in one file, to go on from: a <see cref="ModelFile"/> whose manifest has the <see cref="TrainingState"/>, with what the
/// optimiser remembers under <c>optimizer/</c> and the average of weights under <c>average/</c>. It is written whole or not at all, so that
/// whenever a process is killed, the file is the old one or the new one; and it is a model like any other to who asks for no more.
/// </summary>
/// <example><code>
/// trainer.Fit(train, test, options, progress: new Saver(() => Checkpoint.Save("last.safetensors", trainer, manifest)));
/// // in another process, with network, optimiser and average made as before:
/// trainer.Fit(train, test, options, from: Checkpoint.Load("last.safetensors", trainer));
/// </code></example>
public static class Checkpoint
{
    private const string OptimizerPrefix = "optimizer/";
    private const string AveragePrefix = "average/";

    /// <summary>Saves a training as it stands: inside its callbacks, or after it was finished or cancelled.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="trainer">What to save.</param>
    /// <param name="manifest">What else belongs to the model; its <see cref="ModelManifest.Training"/> is set here.</param>
    /// <exception cref="InvalidOperationException">Nothing has been trained yet.</exception>
    /// <exception cref="ArgumentException">The manifest does not fit the network.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is untouched.</exception>
    public static void Save(string path, Trainer trainer, ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(manifest);
        TrainingState state = trainer.State ?? throw new InvalidOperationException("there is no state before a training has begun");
        ModelFile.Write(path, trainer.Network, manifest with { Training = state.ToJson() }, TensorsOf(trainer));
    }

    /// <summary>
    /// Saves the model alone, with the weights that test images are measured with: the average's where there is one, or the last ones.
    /// To keep the best epoch's, call it in an epoch callback whose result is <see cref="EpochMetrics.Best(IReadOnlyList{EpochResult}, EpochMetric)">the best so far</see>.
    /// </summary>
    /// <inheritdoc cref="Save" path="/param"/>
    /// <inheritdoc cref="Save" path="/exception"/>
    public static void SaveModel(string path, Trainer trainer, ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(manifest);
        trainer.WithTestWeights(() => ModelFile.Write(path, trainer.Network, manifest));
    }

    /// <summary>Where a training stood when it was saved, without its numbers.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or no checkpoint.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TrainingState ReadState(string path) => StateOf(ModelFile.ReadManifest(path), path);

    /// <summary>
    /// Gives network, optimiser and average the numbers that they had, or none if anything in the file does not fit.
    /// </summary>
    /// <param name="path">What <see cref="Save"/> wrote.</param>
    /// <param name="trainer">A trainer made like the one that was saved.</param>
    /// <returns>Where to go on: for <see cref="Trainer.Fit"/>.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, no checkpoint, or that of another training; the message says what does not fit.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TrainingState Load(string path, Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        (Network network, Optimizer optimizer) = (trainer.Network, trainer.Optimizer);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TrainingState state = StateOf(ModelFile.ManifestOf(file, path), path);
        if (file.Metadata.TryGetValue(Network.ArchitectureKey, out string? architecture) && architecture != network.Architecture)
            throw new InvalidDataException($"{path}: it was saved by another network ({architecture}); this one is {network.Architecture}");
        if (state.Optimizer != optimizer.ToString())
            throw new InvalidDataException($"{path}: the optimiser was {Quote(state.Optimizer)}; here it is {Quote(optimizer.ToString()!)}");
        if (state.BatchSize != network.Options.BatchSize)
            throw new InvalidDataException($"{path}: a minibatch had {state.BatchSize} images; here it has {network.Options.BatchSize}");
        file.ReadAllInto([.. network.NamedParameters(), .. TensorsOf(trainer)], name => network.IsUnused(name) && !IsOurs(name));
        (network.Steps, optimizer.Steps) = (state.NetworkSteps, state.OptimizerSteps);
        if (trainer.Average is { } average) average.Steps = state.AverageSteps;
        return state;
    }

    private static List<NamedTensor> TensorsOf(Trainer trainer)
    {
        // An optimiser makes its room at the first step, but for one that remembers nothing.
        if (!trainer.Optimizer.State.Any()) trainer.Optimizer.Prepare(trainer.Network.Parameters);
        return
        [
            .. trainer.Optimizer.State.Select(state => state with { Name = OptimizerPrefix + state.Name }),
            .. trainer.Average?.State.Select(state => state with { Name = AveragePrefix + state.Name }) ?? [],
        ];
    }

    private static bool IsOurs(string name) =>
        name.StartsWith(OptimizerPrefix, StringComparison.Ordinal) || name.StartsWith(AveragePrefix, StringComparison.Ordinal);

    private static TrainingState StateOf(ModelManifest manifest, string path) => manifest.Training is { } training
        ? TrainingState.FromJson(training, path)
        : throw new InvalidDataException($"{path}: this is a model, but no checkpoint: its manifest says nothing of a training");
}
