using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>What <see cref="Doctor"/> looks at. What is missing is not looked at.</summary>
public sealed record Patient
{
    /// <summary>The network with its weights, compiled for training. Weights stay, gradients are overwritten.</summary>
    public Network? Network { get; init; }

    /// <summary>The images that it learns from, as they are without augmentation.</summary>
    public IDataset? Train { get; init; }

    /// <summary>What is made small.</summary>
    public Loss Loss { get; init; } = new CrossEntropy();

    /// <summary>What updates the weights, with what it remembers; it is left as it is.</summary>
    public Optimizer? Optimizer { get; init; }

    /// <summary>The learning rate of the steps to judge.</summary>
    public float LearningRate { get; init; }

    /// <summary>The training's epochs so far; none for a network with its first weights.</summary>
    public IReadOnlyList<MetricsLine> Epochs { get; init; } = [];

    /// <summary>Where the training diverged; null if it did not.</summary>
    public Divergence? Divergence { get; init; }

    /// <summary>The names of the classes that the network tells apart, in the order of its outputs.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What the network takes to happen to a picture.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>What a run's folder says by itself, without its data.</summary>
    internal static Patient OfHistory(RunFolder folder) => new() { Epochs = folder.ReadMetrics(), Divergence = Divergence.Read(folder) };

    /// <summary>A run as it was last saved, or, before it was saved for the first time, as it begins.</summary>
    internal static Patient Of(RunFolder folder, RunPlan plan)
    {
        RunConfig config = plan.Config;
        Network network = plan.Compile();
        Trainer trainer = new(network, config.Optimizer.Create(), config.CreateLoss())
        {
            Average = config.Average is { } keep ? new WeightAverage(network.Parameters, keep) : null,
        };
        TrainingState? state = File.Exists(folder.Last) ? Checkpoint.Load(folder.Last, trainer) : null;
        return OfHistory(folder) with
        {
            Network = network,
            Train = plan.Data.Train,
            Loss = config.CreateLoss(),
            Optimizer = trainer.Optimizer,
            LearningRate = state?.LearningRate ?? config.Schedule.Rate,
            ClassNames = plan.Data.ClassNames,
            Preprocessing = plan.Data.Train.Preprocessing,
        };
    }
}
