using System.Diagnostics;
using System.Globalization;
using CnnEngine.Bench.Reports;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Compare;

/// <summary>Training steps, forward passes and memory of larger networks against PyTorch.</summary>
internal sealed class NetsContest : Contest
{
    private static readonly int MostThreads = Shapes.ThreadCounts[^1];
    private static readonly string[] Layouts = ["nchw", "nhwc"];

    public override string Name => "nets";

    public override int Rounds => 3;

    public override PeerProgram Peer { get; } = new("PyTorch", "pytorch_nets.py", "python3-torch")
    {
        Interpreters = ["/usr/bin/python3", "python3"],
        Settings = new Dictionary<string, string>(Machine.OpenBlasSettings(MostThreads)) { ["OMP_NUM_THREADS"] = $"{MostThreads}" },
    };

    public override string Note =>
        "Random images; a training step is forward, softmax cross-entropy, backward and SGD with momentum. Each turn is the best of three steps, "
        + "PyTorch's in the faster of both memory formats. predict is a forward pass without gradients, batch normalisation not folded on either side. "
        + "memory is the most that a process of its own takes (VmHWM) for two training steps, libraries and runtime included; it is measured once.";

    public override IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation)
    {
        foreach (NetWork net in NetWork.All)
        {
            string row = $"{net.Name}_batch{net.Batch}";
            NetWork.Session? session = null;
            yield return new ContestRow(
                row, Passes.Train, MostThreads, Unit.ImagesPerSecond,
                () => new Measure(net.Batch / (session ??= net.Start()).TrainSeconds()), () => new Measure(net.Batch / Ask("train")));
            yield return new ContestRow(
                row, Passes.Predict, MostThreads, Unit.ImagesPerSecond,
                () => new Measure(net.Batch / session!.PredictSeconds()), () => new Measure(net.Batch / Ask("predict")));
            session = null;
            if (OperatingSystem.IsLinux())
                yield return new ContestRow(
                    row, "memory", MostThreads, Unit.Megabytes,
                    () => new Measure(MemoryOf(net)), () => new Measure(peer.Ask($"memory {net.Name} {net.Batch}").GetProperty("megabytes").GetDouble()));

            double Ask(string verb) => Layouts.Min(layout => peer.Ask($"{verb} {net.Name} {net.Batch} {layout}").GetProperty("seconds").GetDouble());
        }
    }

    /// <summary>The most memory that this program takes for two steps, in a process that does nothing else.</summary>
    private static double MemoryOf(NetWork net)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [.. Host(), "memory", net.Name]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double megabytes)
            ? megabytes
            : throw new PeerFailedException($"{net.Name}: measuring memory failed with exit code {process.ExitCode}");
    }

    // Started by the dotnet command, the program itself is its first argument.
    private static string[] Host() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "Bench.dll")] : [];
}
