using CnnEngine.Bench.Reports;
using CnnEngine.Bench.Work;
using CnnEngine.Data;
using CnnEngine.Training;

namespace CnnEngine.Bench.Compare;

/// <summary>Training LeNet-5 and predicting with it against PyTorch.</summary>
internal sealed class LeNetContest : Contest
{
    // PyTorch is fastest on two threads for all but one image.
    private static readonly int PeerThreads = Shapes.ThreadCounts[^1];

    // Forms of PyTorch's network, each of which is fastest somewhere: each turn tries all and keeps the best.
    private static readonly string[] Layouts = ["nchw", "nhwc"];
    private static readonly string[] Forms = ["eager", "traced", "frozen", "optimized"];
    private static readonly int[] Batches = [64, 256, 1024];

    public override string Name => "lenet";

    public override PeerProgram Peer { get; } = new("PyTorch", "pytorch_lenet.py", "python3-torch")
    {
        Interpreters = ["/usr/bin/python3", "python3"],
        Settings = new Dictionary<string, string>(Machine.OpenBlasSettings(threads: 1)) { ["OMP_NUM_THREADS"] = $"{PeerThreads}" },
    };

    public override string Note =>
        $"PyTorch trains on {PeerThreads} threads in every row, its best; the threads shown are the project's. Each turn of PyTorch's is its best of "
        + "both memory formats (train) or of the plain, traced, frozen and optimised network (predict); predict_traced is the traced network alone. "
        + $"lenet5_best_batch is the best of batches {string.Join(", ", Batches)} on either side.";

    public override IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation)
    {
        TrainTest data = ContestData.Locate(settings.Data, cancellation);
        IdxFolder.Write(data, folder);
        peer.Ask($"data {folder}");

        foreach (int threads in Shapes.ThreadCounts.Reverse())
            yield return new ContestRow(
                $"lenet5_batch{LeNetWork.Batch}", Passes.Train, threads, Unit.ImagesPerSecond, () => Train(data, cancellation), () => Train(peer));
        foreach (string pass in (string[])[Passes.Predict, Passes.Predict + "_traced"])
        {
            string[] forms = pass == Passes.Predict ? Forms : ["traced"];
            yield return new ContestRow(
                "lenet5_batch1", pass, 1, Unit.Microseconds,
                () => new Measure(1e6 * LeNetWork.Predict(data.Test, 1, Turn.Short)),
                () => new Measure(1e6 * Predict(peer, forms, 1, 1)));
            foreach ((string name, int[] batches) in ((string, int[])[])[($"lenet5_batch{LeNetWork.Batch}", [LeNetWork.Batch]), ("lenet5_best_batch", Batches)])
                yield return new ContestRow(
                    name, pass, PeerThreads, Unit.ImagesPerSecond,
                    () => new Measure(batches.Max(batch => batch / LeNetWork.Predict(data.Test, batch, Turn.Short))),
                    () => new Measure(batches.Max(batch => batch / Predict(peer, forms, PeerThreads, batch))));
        }
    }

    private static Measure Train(TrainTest data, CancellationToken cancellation)
    {
        EpochResult epoch = LeNetWork.TrainEpoch(data.Train, data.Test, cancellation);
        ContestData.CheckLearnt("the project", epoch.Test!.Value.Accuracy);
        return new Measure(epoch.ImagesPerSecond);
    }

    private static Measure Train(PeerProcess peer) => new(Layouts.Max(layout =>
    {
        var answer = peer.Ask($"train {PeerThreads} {LeNetWork.Batch} {layout}");
        ContestData.CheckLearnt("PyTorch", answer.GetProperty("test_accuracy").GetDouble());
        return answer.GetProperty("images_per_second").GetDouble();
    }));

    private static double Predict(PeerProcess peer, string[] forms, int threads, int batch) => forms.Min(form =>
        peer.Ask($"predict {form} {threads} {batch} {Turn.Short.BatchSeconds} {Turn.Short.Seconds}").GetProperty("seconds").GetDouble());
}
