using System.Text.Json.Nodes;
using CnnEngine.Runs;
using CnnEngine.Runs.Report;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>The report and the diagnosis of a run's folder.</summary>
[Trait("Category", "Slow")]
public class RunReportTests
{
    [Fact]
    public void A_run_is_reported_and_examined()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder["run"]);
        JsonObject settings = JsonNode.Parse("""{"data": {"kind": "synthetic", "images": 2000, "testImages": 200}, "epochs": 3, "batch": 32}""")!.AsObject();
        using (TrainingRun training = TrainingRun.Start(RunPlan.Make(settings, "test"), run)) training.Run();

        HtmlReport.Write(run);

        string html = File.ReadAllText(run.Report);
        foreach (string part in new[] { "<h1>", "id=\"findings\"", "id=\"curves\"", "Measured on 200 ", "id=\"mistakes\"", "id=\"attention\"", "&quot;synthetic&quot;" })
            Assert.Contains(part, html, StringComparison.Ordinal);
        Assert.Equal([], Doctor.Examine(run).Select(finding => $"{finding}"));
    }

    [Fact]
    public void A_folder_without_a_run_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("there is no training in this folder", Assert.Throws<FileNotFoundException>(() => HtmlReport.Write(new RunFolder(folder.Path))).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such folder", Assert.Throws<FileNotFoundException>(() => Doctor.Examine(new RunFolder(folder["no"]))).Message, StringComparison.Ordinal);
    }

    // Nothing has been saved: its first weights are examined, with the learning rate that is to come.
    [Fact]
    public void A_run_that_has_not_begun_is_examined()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder["run"]);
        JsonObject settings = JsonNode.Parse("""{"data": {"kind": "synthetic", "images": 500, "testImages": 100}, "epochs": 3, "schedule": {"kind": "constant", "rate": 100}}""")!.AsObject();
        TrainingRun.Start(RunPlan.Make(settings, "test"), run).Dispose();
        Assert.Equal(["Steps are too large"], Doctor.Examine(run).Select(finding => finding.Title));
        HtmlReport.Write(run);
        Assert.Contains("Steps are too large", File.ReadAllText(run.Report), StringComparison.Ordinal);
    }
}
