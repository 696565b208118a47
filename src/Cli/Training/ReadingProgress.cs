using CnnEngine.Data;
using Spectre.Console;

namespace CnnEngine.Cli.Training;

/// <summary>One line that shows how far pictures have been read, in a terminal; it is gone afterwards. Elsewhere nothing is shown.</summary>
internal sealed class ReadingProgress : IProgress<LoadingProgress>
{
    private readonly ProgressTask _task;

    private ReadingProgress(ProgressTask task) => _task = task;

    /// <summary>Reads pictures under the line.</summary>
    public static T Run<T>(Session session, Func<IProgress<LoadingProgress>?, T> read)
    {
        if (!session.IsTalkative || !session.Console.Profile.Capabilities.Interactive || !session.Console.Profile.Capabilities.Ansi) return read(null);
        return session.Console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 20 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => read(new ReadingProgress(context.AddTask("opening the data", maxValue: 1))));
    }

    public void Report(LoadingProgress value)
    {
        _task.Description = $"{value.Read:N0} of {value.Count:N0} pictures read";
        _task.Value = (double)value.Read / Math.Max(1, value.Count);
    }
}
