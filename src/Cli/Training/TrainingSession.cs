using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Runs;
using CnnEngine.Training;
using Spectre.Console;

namespace CnnEngine.Cli.Training;

/// <summary>Trains and shows it: what <c>train</c> and <c>resume</c> have in common.</summary>
internal static class TrainingSession
{
    /// <summary>Asks for no report.</summary>
    public static Option<bool> NewNoReport() => OptionKinds.Switch("--no-report", "Write no report.html; cnn report does so later.");

    /// <summary>Trains to the end.</summary>
    /// <param name="run">What.</param>
    /// <param name="hasReport">Whether to write the report, too.</param>
    /// <param name="session">Where it is shown.</param>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingRun run, bool hasReport, Session session)
    {
        EpochLines lines = new(run.Config);
        if (session.IsTalkative) WriteOpening(run, session.Console);
        WriteSkipped(run);
        RunResult? result = null;
        if (session.IsTalkative) LiveProgress.Run(session.Console, run.Config.Epochs, isShown: true, Train);
        else Train(null);
        if (!session.IsJson) WriteResult(run, result!, session);
        if (hasReport) WriteReport(run, session);
        if (session.IsJson) Console.Out.WriteLine(Json(run, result!, hasReport).ToJsonString());
        return ExitCode.Success;

        void Train(IProgress<TrainingProgress>? progress) => result = run.Run(progress, new EpochReport(EndEpoch), session.Cancellation);

        void EndEpoch(EpochResult epoch)
        {
            if (session.IsJson) Console.Out.WriteLine(MetricsLine.Of(epoch).ToJson());
            else if (session.IsTalkative) lines.Write(session.Console, epoch);
        }
    }

    private static void WriteOpening(TrainingRun run, IAnsiConsole console)
    {
        (RunConfig config, RunData data) = (run.Config, run.Plan.Data);
        string counts = $"{data.Train.Count:N0} images of {data.Image} in {data.Classes} classes to learn from";
        if (data.Validation is not null) counts += $", {data.Validation.Count:N0} to measure by";
        if (data.Test is not null) counts += $", {data.Test.Count:N0} to test on";
        Add("data", $"{data.Name}: {counts}{(data.Origin.Length > 0 ? $" ({data.Origin})" : "")}");
        Add("network", $"{run.Plan.ModelName}, {run.Network.Parameters.Sum(parameter => (long)parameter.Value.Length):N0} parameters, {run.Network.Layers.Sum(layer => layer.MultiplyAdds):N0} multiply-adds an image");
        Add("training", $"{Count(config.Epochs, "epoch")}, batch {config.Batch}, {run.Trainer.Optimizer}, {config.Schedule.Create()}{Extras(config)}");
        Add("machine", $"{Count(config.Threads ?? Environment.ProcessorCount, "thread")}, {Simd.Lanes * 32}-bit vectors");
        Add("folder", run.Folder.Path);
        if (run.Before.Count > 0) Add("", run.IsOver ? $"over after {Count(run.Before.Count, "epoch")}; --epochs adds more" : $"goes on after {Count(run.Before.Count, "epoch")}");
        console.WriteLine();

        void Add(string name, string text)
        {
            console.Write(new Text($"{name,-10}", new Style(decoration: Decoration.Bold)));
            console.WriteLine(text);
        }
    }

    private static void WriteSkipped(TrainingRun run)
    {
        const int most = 5;
        IReadOnlyList<SkippedFile> skipped = run.Plan.Data.Skipped;
        foreach (SkippedFile file in skipped.Take(most)) Console.Error.WriteLine($"skipped: {file.Reason.ReplaceLineEndings(" ")}");
        if (skipped.Count > most) Console.Error.WriteLine($"skipped: {skipped.Count - most} more, all of them listed in {run.Folder.Skipped}");
    }

    private static string Extras(RunConfig config)
    {
        List<string> extras = [];
        if ($"{config.Augmentation}" is { Length: > 0 } augmentation) extras.Add(augmentation);
        if (config.Loss.Smoothing > 0) extras.Add($"labels smoothed by {config.Loss.Smoothing}");
        if (config.Clip.Norm is { } norm) extras.Add($"gradients no longer than {norm}");
        if (config.Clip.Value is { } value) extras.Add($"gradients cut off at {value}");
        if (config.Average is { } keep) extras.Add($"averaged with {keep}");
        if (config.EarlyStopping is { } stopping) extras.Add($"stops after {Count(stopping.Patience, "epoch")} without a better {ConfigWord(stopping.Metric)}");
        extras.Add($"seed {config.Seed}");
        return string.Concat(extras.Select(extra => $", {extra}"));
    }

    private static void WriteReport(TrainingRun run, Session session)
    {
        try
        {
            ProgressLine.Report(session, progress => run.WriteReport(progress, session.Cancellation));
        }
        catch (OperationCanceledException error)
        {
            throw new TrainingStoppedException($"stopped; the training is over, and cnn report {run.Folder.Path} writes its report", error);
        }
        if (session.IsTalkative) session.Console.WriteLine($"report: {run.Folder.Report}");
    }

    private static JsonObject Json(TrainingRun run, RunResult result, bool hasReport)
    {
        JsonObject json = new()
        {
            ["run"] = run.Folder.Path,
            ["model"] = run.Plan.ModelName,
            ["data"] = run.Plan.Data.Name,
            ["epochs"] = result.Epochs.Count,
            ["bestEpoch"] = result.Best?.Epoch,
            ["bestModel"] = result.Best is null ? null : run.Folder.Best,
            ["report"] = hasReport ? run.Folder.Report : null,
            ["stoppedEarly"] = result.IsEarly,
        };
        Add("train", result.Best?.Train);
        Add("validation", result.Best?.Test);
        Add("test", result.Test);
        return json;

        void Add(string name, BatchResult? images)
        {
            if (images is not { } sums) return;
            json[$"{name}Loss"] = double.IsFinite(sums.MeanLoss) ? sums.MeanLoss : null;
            json[$"{name}Accuracy"] = sums.Accuracy;
        }
    }

    private static void WriteResult(TrainingRun run, RunResult result, Session session)
    {
        RunConfig config = run.Config;
        if (session.IsTalkative) session.Console.WriteLine();
        if (session.IsTalkative && result.IsEarly) session.Console.WriteLine($"stopped early: no better {ConfigWord(config.EarlyStopping!.Metric)} for {Count(config.EarlyStopping.Patience, "epoch")}");
        if (result.Best is not { } best) return;
        EpochLines digits = new(config);
        string line = $"{run.Plan.Data.Name}: best epoch {best.Epoch} of {result.Epochs.Count}, ";
        line += best.Test is { } measured ? digits.Text("validation", measured) : digits.Text("train", best.Train);
        if (result.Test is { } test) line += $", {digits.Text("test", test)}";
        session.Console.WriteLine(line);
        if (session.IsTalkative) session.Console.WriteLine($"model: {run.Folder.Best}");
    }

    private static string ConfigWord(EpochMetric metric) => metric == EpochMetric.Loss ? "loss" : "accuracy";

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{number} {what}s");
}
