using System.CommandLine;
using CnnEngine.Runs;

namespace CnnEngine.Cli;

/// <summary>A command line and what it does, for the help.</summary>
internal readonly record struct Example(string Line, string Meaning);

/// <summary>
/// One command: its options (added in the constructor), its examples, and what it does. It is one file in <c>Commands</c> and one entry
/// in <see cref="CommandLine.Commands"/>; errors, signals, exit codes and help are the same for all and not its business.
/// </summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description, params ReadOnlySpan<Example> examples)
        : base(name, description)
    {
        Examples = examples.ToArray();
        SetAction(arguments =>
        {
            using Session session = new(arguments);
            try
            {
                return Run(arguments, session);
            }
            catch (ConfigurationException error)
            {
                return Outcome.Fail(error.Message, ExitCode.BadUsage);
            }
            catch (TrainingStoppedException error)
            {
                Console.Error.WriteLine(error.Message);
                return ExitCode.Interrupted;
            }
        });
    }

    /// <summary>Command lines and what they do.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Does what the command is for.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ConfigurationException">The command line or a configuration is wrong: exit code 2.</exception>
    /// <exception cref="IOException">A file is missing or cannot be written: exit code 1, as for data that is not valid.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted: exit code 130.</exception>
    protected abstract int Run(ParseResult arguments, Session session);
}
