using System.CommandLine;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn train</c>.</summary>
internal sealed class TrainCommand : CliCommand
{
    public TrainCommand()
        : base("train", "Trains a network, in a folder of its own.", new Example("cnn train", "a folder with one sub-folder a class"))
    {
    }

    protected override int Run(ParseResult arguments, Session session) => ExitCode.Success;
}
