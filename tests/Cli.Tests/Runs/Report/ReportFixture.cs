using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Optimizers;
using CnnEngine.Runs;
using CnnEngine.Runs.Report;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>A small training and its report, shared by tests.</summary>
public sealed class ReportFixture : IDisposable
{
    /// <summary>Names that would be part of the page if they were not escaped.</summary>
    public static readonly string[] Names = ["<b>&\"'", "</script><script>alert(1)</script>", "grüße ☃", "d"];

    private readonly TemporaryFolder _folder = new();

    public ReportFixture()
    {
        Network network = Patterns.Compile();
        // Little training on much noise: some mistakes must be left to show.
        List<MetricsLine> epochs = Patterns.Train(network, new Sgd(), Patterns.Images(128, noise: 3), Patterns.Images(200, seed: 2, noise: 3), 3, 0.02f);
        Data = new ReportData
        {
            Title = "patterns <i>&",
            Subtitle = "a subtitle",
            Configuration = "{ \"name\": \"<u>\" }",
            Epochs = epochs,
            Findings = [new Finding(Severity.Note, "A <title>", "A text.", "An advice."), new Finding(Severity.Problem, "Worse", "A text.", "An advice.")],
            Summary = NetworkSummary.Of(PatternsGraph(), Patterns.Image),
            Network = network,
            Data = Patterns.Images(200, seed: 2, noise: 3),
            DataText = "200 images",
            ClassNames = Names,
        };
        HtmlReport.Write(Data, Path);
        Html = File.ReadAllText(Path);
    }

    public ReportData Data { get; }

    public string Html { get; }

    public string Path => _folder["report.html"];

    public void Dispose() => _folder.Dispose();

    private static Sequential PatternsGraph() => [new Layers.Conv2d(8, 3, padding: 1), new Layers.ReLU(), new Layers.Flatten(), new Layers.Linear(4)];
}
