using System.Text.Json;
using CnnEngine.Bench.Reports;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Training;
using LeNet;

namespace CnnEngine.Bench.Compare;

/// <summary>
/// 99 % of MNIST's test images in the least training time: the sample's fast recipe against the best known recipe for PyTorch. Every
/// turn is a training with a seed of its own.
/// </summary>
internal sealed class Mnist99Contest : Contest
{
    private const string Row = "mnist99";

    private static readonly int MostThreads = Shapes.ThreadCounts[^1];

    public override string Name => "mnist99";

    public override int Rounds => 10;

    public override PeerProgram Peer { get; } = new("PyTorch", "pytorch_mnist99.py", "python3-torch")
    {
        Interpreters = ["/usr/bin/python3", "python3"],
        Settings = new Dictionary<string, string>(Machine.OpenBlasSettings(threads: 1)) { ["OMP_NUM_THREADS"] = $"{MostThreads}" },
    };

    public override string Note =>
        "A turn is one training with a new seed, 1, 2, 3 and so on: the sample's `--recipe fast` on one side, train_mnist_fast in PyTorch's faster memory "
        + "format on the other. Times are those of the training steps, without loading, testing and a step before the first turn to warm up; accuracies are those of the same trainings.";

    public override IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation)
    {
        TrainTest data = ContestData.Locate(settings.Data, cancellation);
        IdxFolder.Write(data, folder);
        peer.Ask($"data {folder}");
        FastRecipe.Recipe.WarmUp();
        string layout = peer.Ask($"layout {MostThreads}").GetProperty("layout").GetString()!;

        // The first row's turns do the work; the others tell more about the same trainings.
        List<Training> ours = [], theirs = [];
        yield return new ContestRow(
            Row, "train_best", MostThreads, Unit.Milliseconds,
            () => Keep(ours, Train(data, seed: ours.Count + 1, cancellation)), () => Keep(theirs, Train(peer, layout, seed: theirs.Count + 1)));
        yield return Again("train_mean", Unit.MeanMilliseconds, training => 1e3 * training.Seconds);
        yield return Again("test_accuracy", Unit.MeanPercent, training => 100 * training.Accuracy);

        ContestRow Again(string pass, Unit unit, Func<Training, double> figure)
        {
            Queue<Training> our = new(ours), their = new(theirs);
            return new ContestRow(
                Row, pass, MostThreads, unit, () => new Measure(figure(our.Dequeue())), () => new Measure(figure(their.Dequeue())));
        }
    }

    private static Measure Keep(List<Training> trainings, Training training)
    {
        trainings.Add(training);
        return new Measure(1e3 * training.Seconds);
    }

    private static Training Train(TrainTest data, long seed, CancellationToken cancellation)
    {
        Recipe recipe = FastRecipe.Recipe;
        Network network = recipe.Build().Compile(data.Train.ImageShape, new NetworkOptions { BatchSize = recipe.Batch, Seed = seed });
        TrainerOptions options = new() { Epochs = recipe.Epochs, Seed = seed, Schedule = Recipe.Schedule(recipe.Rate) };
        IReadOnlyList<EpochResult> epochs =
            new Trainer(network, recipe.Optimizer(), recipe.Loss).Fit(data.Train, data.Test, options, cancellation: cancellation);
        return Learnt("the project", new Training(epochs.Sum(epoch => epoch.TrainingTime.TotalSeconds), epochs[^1].Test!.Value.Accuracy));
    }

    private static Training Train(PeerProcess peer, string layout, int seed)
    {
        JsonElement answer = peer.Ask($"train {MostThreads} {layout} {seed}");
        return Learnt("PyTorch", new Training(answer.GetProperty("seconds").GetDouble(), answer.GetProperty("test_accuracy").GetDouble()));
    }

    private static Training Learnt(string who, Training training)
    {
        ContestData.CheckLearnt(who, training.Accuracy);
        return training;
    }

    private readonly record struct Training(double Seconds, double Accuracy);
}
