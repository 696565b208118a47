using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CnnEngine.Runs;
using CnnEngine.Runs.Report;
using CnnEngine.Tests;

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

    // What the folder holds is reported all the same, and every section that needs the images says that it is left out.
    [Fact]
    public void A_run_whose_data_are_gone_is_reported_without_them()
    {
        using TemporaryFolder folder = new();
        string pictures = folder["pictures"];
        PictureFolder.Write(new DataConfig { Kind = DataKind.Synthetic, Images = 300, TestImages = 50 }, pictures);
        CliProcess.Run("train", "--data", pictures, "--epochs", "1", "--no-report", "--quiet", "--run", folder["run"]).AssertSuccess();
        Directory.Delete(pictures, recursive: true);

        ProgramResult result = CliProcess.Run("report", folder["run"]);

        Assert.Equal((0, folder["run", "report.html"] + "\n"), (result.ExitCode, result.Output));
        Assert.StartsWith($"without images: {pictures}: no such folder or file", result.Error, StringComparison.Ordinal);
        string html = File.ReadAllText(folder["run", "report.html"]);
        Assert.Contains("<title>lenet5 on pictures</title>", html, StringComparison.Ordinal);
        Assert.Contains($"and nothing was measured on them for this report: {System.Net.WebUtility.HtmlEncode(pictures)}: no such folder", html, StringComparison.Ordinal);
        Assert.Equal(
            ["findings", "curves", "confusion", "classes", "mistakes", "attention", "filters", "features", "model", "configuration"],
            Regex.Matches(html, "<section id=\"([a-z]+)\"").Select(match => match.Groups[1].Value));
        Assert.Equal(5, Regex.Count(html, "<p>Left out: it is measured on the run’s images, which could not be opened.</p>"));
        Assert.Contains("Only the curves were looked at", html, StringComparison.Ordinal);
        foreach (string part in new[] { "alt=\"Filter 6 of conv1\"", "<th scope=\"row\" class=\"text\">fc1</th>", "id=\"numbers\"", "&quot;lenet5&quot;" })
            Assert.Contains(part, html, StringComparison.Ordinal);
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
