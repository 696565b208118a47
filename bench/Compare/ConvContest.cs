using System.Text.Json;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Compare;

/// <summary>The three passes of convolutions against oneDNN.</summary>
internal sealed class ConvContest : Contest
{
    private static readonly int Threads = Shapes.ThreadCounts[^1];

    public override string Name => "conv";

    public override PeerProgram Peer { get; } = new("oneDNN", "onednn_conv.cpp", "g++ libdnnl-dev")
    {
        Compiler = ["g++", "-O2", "-std=c++17", "-fopenmp"],
        Libraries = ["-ldnnl"],
        Settings = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = $"{Threads}" },
    };

    public override string Note =>
        "The project reads and writes plain N×C×H×W; oneDNN has the layouts it chose itself, and getting into and out of them is not counted. "
        + "GFLOP/s count the arithmetic of the definition, so that Winograd's method may exceed the machine's peak.";

    public override IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation)
    {
        foreach (ConvCase convolution in Shapes.Convolution)
            foreach (string pass in Passes.Convolution)
                yield return new ContestRow(
                    convolution.Name, pass, Threads, Unit.GigaflopsPerSecond, () => Ours(convolution, pass), () => Theirs(peer, convolution, pass));
    }

    private static Measure Ours(ConvCase convolution, string pass)
    {
        using ConvWork work = new(convolution, pass);
        double seconds = Timing.Best(work.Run, Turn.Short);
        return new Measure(convolution.Flops / seconds / 1e9, work.Checksum());
    }

    private static Measure Theirs(PeerProcess peer, ConvCase c, string pass)
    {
        Turn turn = Turn.Short;
        JsonElement answer = peer.Ask(
            $"conv {pass} {Threads} {c.Images} {c.Channels} {c.Size} {c.Filters} {c.Filter} {c.Stride} {c.Padding} {c.Groups} {turn.BatchSeconds} {turn.Seconds}");
        return new Measure(c.Flops / answer.GetProperty("seconds").GetDouble() / 1e9, answer.GetProperty("checksum").GetDouble());
    }
}
