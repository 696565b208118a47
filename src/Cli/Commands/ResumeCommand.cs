using System.CommandLine;
using CnnEngine.Cli.Training;
using CnnEngine.Runs;
using Spectre.Console;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn resume</c>.</summary>
internal sealed class ResumeCommand : CliCommand
{
    private readonly Argument<string> _run = new("RUN") { Description = "The run's folder." };

    private readonly Option<int?> _epochs = OptionKinds.Number("--epochs", "How many epochs there are to be in all, to go on after the last.", 1, 1_000_000);

    private readonly Option<bool> _noReport = TrainingSession.NewNoReport();

    public ResumeCommand()
        : base(
            "resume",
            "Goes on with a training that was stopped or killed, as if nothing had happened: the same bits come out.",
            new Example("cnn resume runs/20260101-120000-lenet5-mnist", "go on from the last checkpoint"),
            new Example("cnn resume runs/first --epochs 20", "go on after the last epoch, to 20 in all"))
    {
        Arguments.Add(_run);
        Options.Add(_epochs);
        Options.Add(_noReport);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        int? epochs = arguments.GetValue(_epochs);
        RunFolder folder = new(arguments.GetRequiredValue(_run));
        using TrainingRun run = ProgressLine.Open(session, progress => TrainingRun.Resume(folder, epochs, progress, session.Cancellation));
        if (run.IsStretched && session.IsTalkative)
            session.Console.WriteLine("note: the learning rate's curve spans all epochs; those that are done had that of a shorter training");
        return TrainingSession.Run(run, !arguments.GetValue(_noReport), session);
    }
}
