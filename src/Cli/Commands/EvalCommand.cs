using System.CommandLine;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn eval</c>.</summary>
internal sealed class EvalCommand : CliCommand
{
    public EvalCommand()
        : base("eval", "Measures how good a network is.", new Example("cnn eval", "loss, accuracy, confusion"))
    {
    }

    protected override int Run(ParseResult arguments, Session session) => ExitCode.Success;
}
