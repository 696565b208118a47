using System.CommandLine;
using System.CommandLine.Help;
using CnnEngine.Cli.Commands;

namespace CnnEngine.Cli;

/// <summary>The command <c>cnn</c>: which commands there are, and what holds for all of them.</summary>
internal static class CommandLine
{
    /// <summary>Every command, in the order of the help.</summary>
    public static IReadOnlyList<CliCommand> Commands { get; } =
    [
        new TrainCommand(), new ResumeCommand(), new EvalCommand(), new PredictCommand(), new SummaryCommand(), new ReportCommand(), new DoctorCommand(),
        new ExportCommand(), new ImportCommand(), new BenchCommand(), new UnpackCommand(), new CompletionCommand(),
    ];

    /// <summary>The root of all commands; also what the pages of the documentation are made from.</summary>
    public static RootCommand Root { get; } = MakeRoot();

    /// <summary>Parses the arguments, runs the command, and makes one line and an exit code of whatever goes wrong.</summary>
    public static Task<int> RunAsync(params string[] args) => Outcome.OfAsync(Root.Parse(args));

    private static RootCommand MakeRoot()
    {
        RootCommand root = new("Trains, resumes, inspects, diagnoses and exports convolutional networks on the CPU.");
        foreach (CliCommand command in Commands) root.Add(command);
        root.Add(Session.Json);
        root.Add(Session.Quiet);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        HelpAction standard = (HelpAction)help.Action!;
        HelpWithExamples whole = new(standard, arguments => HelpText.After(arguments.CommandResult.Command));
        help.Action = whole;
        root.SetAction(arguments => whole.Invoke(arguments));
        return root;
    }
}
