using System.CommandLine;
using System.CommandLine.Help;
using CnnEngine.Cli.Commands;
using CnnEngine.Runs;

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
    public static int Run(params string[] args)
    {
        ParseResult arguments = Root.Parse(args);
        // --help stands above errors: they are gone from the list then.
        if (arguments.Errors is [{ Message: var message }, ..]) return Fail(message, ExitCode.BadUsage);
        try
        {
            // Signals and errors are the program's own business, not the library's.
            return arguments.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException error)
        {
            Console.Error.WriteLine(error is TrainingStoppedException ? error.Message : "stopped");
            return ExitCode.Interrupted;
        }
        catch (ConfigurationException error)
        {
            return Fail(error.Message, ExitCode.BadUsage);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or ArithmeticException)
        {
            return Fail(error.Message, ExitCode.Failure);
        }
    }

    private static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }

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
