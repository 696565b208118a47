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

    /// <summary>
    /// Whether a thread reads the next minibatches ahead (<see cref="BatchLoader"/>): always, or never; null to do so where the data is costly
    /// to read (<see cref="Data.IDataset.IsCostly"/>) and it pays. The bits are the same.
    /// </summary>
    public bool? ReadsAhead { get; init; }

    /// <summary>When to stop before the last epoch; null for never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }
}
