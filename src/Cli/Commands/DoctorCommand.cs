using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Runs;
using Spectre.Console;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn doctor</c>.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private readonly Argument<string> _run = new("RUN") { Description = "The run's folder." };

    public DoctorCommand()
        : base(
            "doctor",
            "Looks for what a training suffers from, and says it in plain words: where numbers stop being finite, dead units, vanishing or exploding "
            + "gradients, updates too large or too small, labels or preprocessing that do not fit.",
            new Example("cnn doctor runs/first", "what is wrong, what it means, what to try"),
            new Example("cnn doctor runs/first --json", "a JSON object for each finding")) => Arguments.Add(_run);

    protected override int Run(ParseResult arguments, Session session)
    {
        RunFolder run = new(arguments.GetRequiredValue(_run));
        IReadOnlyList<Finding> findings = Doctor.Examine(run, session.Cancellation);
        foreach (Finding finding in findings)
        {
            if (session.IsJson) Console.Out.WriteLine(Json(finding).ToJsonString());
            else Write(finding, session.Console);
        }
        if (findings.Count == 0 && !session.IsJson) Console.Out.WriteLine($"{run.Path}: nothing found that this training suffers from");
        return ExitCode.Success;
    }

    private static void Write(Finding finding, IAnsiConsole console)
    {
        (string word, Color color) = finding.Severity switch
        {
            Severity.Problem => ("problem", Color.Red),
            Severity.Warning => ("warning", Color.Yellow),
            _ => ("note", Color.Blue),
        };
        console.Write(new Text($"{word}: ", new Style(color)));
        console.WriteLine(finding.Title);
        console.WriteLine($"  {finding.Text}");
        console.WriteLine($"  → {finding.Advice}");
        console.WriteLine();
    }

    private static JsonObject Json(Finding finding) => new()
    {
        ["severity"] = OptionKinds.Word(finding.Severity),
        ["title"] = finding.Title,
        ["text"] = finding.Text,
        ["advice"] = finding.Advice,
    };
}
