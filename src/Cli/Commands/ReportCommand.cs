using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Cli.Training;
using CnnEngine.Runs;
using CnnEngine.Runs.Report;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn report</c>.</summary>
internal sealed class ReportCommand : CliCommand
{
    private readonly Argument<string> _run = new("RUN") { Description = "The run's folder." };

    private readonly Option<string?> _out = OptionKinds.Path("--out", "FILE", "The page to make or to replace. [default: report.html in the run's folder]");

    public ReportCommand()
        : base(
            "report",
            "Writes a training up as one HTML page that needs no network: curves, confusion, mistakes, filters, what the network looks at.",
            new Example("cnn report runs/first", "makes runs/first/report.html"),
            new Example("cnn report runs/first --out first.html", "makes it elsewhere"))
    {
        Arguments.Add(_run);
        Options.Add(_out);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        RunFolder run = new(arguments.GetRequiredValue(_run));
        run.RequireRun();
        string target = arguments.GetValue(_out) ?? run.Report;
        if (run.Kept.Any(file => PathCheck.IsSameFile(file, target))) throw new ConfigurationException($"--out is '{target}', a file that the run goes on from; it must be another");
        PathCheck.RequireReplaceable("--out", target);
        string? fault = null;
        ProgressLine.Report(session, progress =>
        {
            ReportData data = ReportData.Of(run, progress, session.Cancellation);
            fault = data.DataFault;
            HtmlReport.Write(data, target, progress, session.Cancellation);
        });
        if (fault is not null) Console.Error.WriteLine($"without images: {fault}");
        if (session.IsJson) Console.Out.WriteLine(new JsonObject { ["run"] = run.Path, ["report"] = target }.ToJsonString());
        else Console.Out.WriteLine(target);
        return ExitCode.Success;
    }
}
