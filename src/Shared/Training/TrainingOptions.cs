using System.CommandLine;
using CnnEngine.Kernels;

namespace CnnEngine.Programs;

/// <summary>The options that programs which train have in common, and what their values may be together.</summary>
internal static class TrainingOptions
{
    /// <summary>The most epochs of a run.</summary>
    public const int MaxEpochs = 1_000_000;

    /// <summary>The most images of a step.</summary>
    public const int MaxBatch = 65_536;

    /// <summary>For the end of the help.</summary>
    public const string ExitCodes = """
        Exit codes:
          0    done
          1    data or a file is missing, damaged or cannot be written, or training diverged
          2    the command line is wrong
          130  stopped by Ctrl-C or SIGTERM after the step at hand; what was learnt is saved if --save
               was given. A second Ctrl-C kills.
        """;

    private const int MaxThreads = 1024;

    public static int DefaultThreads { get; } = Math.Min(Environment.ProcessorCount, MaxThreads);

    public static Option<int?> Threads() => OptionKinds.Number(
        "--threads", $"Threads to compute on; the results do not depend on it. [default: {DefaultThreads}]", 1, MaxThreads);

    public static Option<string?> Metrics() => OptionKinds.Path("--metrics", "FILE", "Write a JSON object for each epoch, one a line.");

    public static Option<string?> Save() => OptionKinds.Path(
        "--save", "FILE", "Save the weights after training, or at Ctrl-C, as a safetensors file.");

    public static Option<bool> Summary() => OptionKinds.Switch(
        "--summary", "Only show what the network costs, sees of an image and takes of memory, layer by layer; needs no data.");

    /// <summary>What is wrong with these values taken together, or with what they are up against; null if nothing is.</summary>
    public static string? Conflict(int epochs, string? metrics, string? save, string? load)
    {
        if (epochs == 0 && load is null)
            return $"--epochs is '0'; it must be a whole number from 1 to {MaxEpochs}, unless --load brings weights to evaluate";
        // The metrics would be overwritten by the weights, or the weights by the metrics before they are read.
        if (metrics is not null && PathCheck.IsSameFile(metrics, save)) return $"--metrics and --save are both '{metrics}'; they must differ";
        if (metrics is not null && PathCheck.IsSameFile(metrics, load)) return $"--metrics and --load are both '{metrics}'; they must differ";
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
