using System.CommandLine;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn resume</c>.</summary>
internal sealed class ResumeCommand : CliCommand
{
    public ResumeCommand()
        : base("resume", "Goes on with a training that was interrupted.", new Example("cnn resume", "go on as if nothing had happened"))
    {
    }

    protected override int Run(ParseResult arguments, Session session) => ExitCode.Success;
}
