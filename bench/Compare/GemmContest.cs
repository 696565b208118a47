using System.Text.Json;
using CnnEngine.Bench.Reports;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Compare;

/// <summary>Matrix products against OpenBLAS.</summary>
internal sealed class GemmContest : Contest
{
    public override string Name => "gemm";

    public override PeerProgram Peer { get; } = new("OpenBLAS", "openblas_gemm.c", "gcc libc6-dev libopenblas-dev")
    {
        Compiler = ["gcc", "-O2"],
        Libraries = ["-lopenblas", "-lm"],
        Settings = Machine.OpenBlasSettings(threads: 2),
    };

    public override string Note => "C = A·B, row-major, float32.";

    public override IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation)
    {
        foreach (int threads in Shapes.ThreadCounts)
            foreach (GemmCase gemm in Shapes.Gemm)
                yield return new ContestRow(gemm.Name, Passes.Forward, threads, Unit.GigaflopsPerSecond, () => Ours(gemm), () => Theirs(peer, gemm, threads));
    }

    private static Measure Ours(GemmCase gemm)
    {
        using GemmWork work = new(gemm);
        double seconds = Timing.Best(work.Run, Turn.Short);
        return new Measure(gemm.Flops / seconds / 1e9, work.Checksum());
    }

    private static Measure Theirs(PeerProcess peer, GemmCase gemm, int threads)
    {
        JsonElement answer = peer.Ask($"gemm {gemm.M} {gemm.N} {gemm.K} {threads} {Turn.Short.BatchSeconds} {Turn.Short.Seconds}");
        return new Measure(gemm.Flops / answer.GetProperty("seconds").GetDouble() / 1e9, answer.GetProperty("checksum").GetDouble());
    }
}
