namespace Cifar;

/// <summary>What was asked for on the command line, every value checked on its own.</summary>
internal sealed record Options
{
    /// <summary>The environment variable that names the folder with the data.</summary>
    public const string DataVariable = "CIFAR_DIR";

    public string? Data { get; init; }

    public int Epochs { get; init; }

    public int Batch { get; init; }

    public float Rate { get; init; }

    public long Seed { get; init; }

    public int Threads { get; init; }

    public string? Metrics { get; init; }

    public string? Save { get; init; }

    public string? Load { get; init; }

    public bool Summary { get; init; }

    public bool Quiet { get; init; }

    /// <summary>What is wrong with the values taken together, or with what they are up against; null if nothing is.</summary>
    public string? Conflict() => TrainingOptions.Conflict(Epochs, Metrics, Save, Load);
}
