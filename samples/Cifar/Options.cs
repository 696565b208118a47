using CnnEngine.Kernels;

namespace Cifar;

/// <summary>What was asked for on the command line, every value checked on its own.</summary>
internal sealed record Options
{
    /// <summary>The most epochs of a run.</summary>
    public const int MaxEpochs = 1_000_000;

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
    public string? Conflict()
    {
        if (Epochs == 0 && Load is null)
            return $"--epochs is '0'; it must be a whole number from 1 to {MaxEpochs}, unless --load brings weights to evaluate";
        // The metrics would be overwritten by the weights, or the weights by the metrics before they are read.
        if (Metrics is not null && PathCheck.IsSameFile(Metrics, Save)) return $"--metrics and --save are both '{Metrics}'; they must differ";
        if (Metrics is not null && PathCheck.IsSameFile(Metrics, Load)) return $"--metrics and --load are both '{Metrics}'; they must differ";
        try
        {
            // Not an option but a variable of the environment; a wrong one is bad usage all the same.
            _ = Simd.Width;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
        return null;
    }
}
