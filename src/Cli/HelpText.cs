using System.CommandLine;

namespace CnnEngine.Cli;

/// <summary>What the help says after the options.</summary>
internal static class HelpText
{
    private static readonly Example[] Overview =
    [
        new("cnn train --data photos/", "train on a folder with one sub-folder a class"),
        new("cnn COMMAND --help", "a command's options and examples"),
    ];

    /// <summary>What exit codes mean.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> ExitCodes { get; } =
    [
        (ExitCode.Success, "done"),
        (ExitCode.Failure, "data or a file is missing, damaged or cannot be written, or training diverged"),
        (ExitCode.BadUsage, "the command line or a configuration is wrong"),
        (ExitCode.Interrupted, "stopped by Ctrl-C or SIGTERM; a second Ctrl-C kills"),
    ];

    /// <summary>Examples and exit codes of a command.</summary>
    public static string After(Command command)
    {
        IReadOnlyList<Example> examples = command is CliCommand known ? known.Examples : Overview;
        int width = examples.Max(example => example.Line.Length);
        return $"""
            Examples:
            {string.Join('\n', examples.Select(example => $"  {example.Line.PadRight(width)}  {example.Meaning}"))}

            Exit codes:
            {string.Join('\n', ExitCodes.Select(exit => $"  {exit.Code,-3}  {exit.Meaning}"))}
            """;
    }
}
