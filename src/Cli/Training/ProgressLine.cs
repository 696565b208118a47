using CnnEngine.Data;
using CnnEngine.Runs.Report;
using Spectre.Console;

namespace CnnEngine.Cli.Training;

/// <summary>One line that shows how far something has come, in a terminal; it is gone afterwards. Elsewhere nothing is shown.</summary>
internal sealed class ProgressLine : IProgress<LoadingProgress>, IProgress<ReportProgress>
{
    private readonly ProgressTask _task;

    private ProgressLine(ProgressTask task) => _task = task;

    /// <summary>Opens data under the line.</summary>
    public static T Open<T>(Session session, Func<IProgress<LoadingProgress>?, T> open) => Run(session, "opening the data", open);

    /// <summary>Writes a report under the line.</summary>
    public static void Report(Session session, Action<IProgress<ReportProgress>?> write) => Run(session, "writing the report", line =>
    {
        write(line);
        return 0;
    });

    public void Report(LoadingProgress value) => Show($"{value.Read:N0} of {value.Count:N0} pictures read", (double)value.Read / Math.Max(1, value.Count));

    public void Report(ReportProgress value) => Show(value.Doing, value.Share);

    private static T Run<T>(Session session, string first, Func<ProgressLine?, T> work)
    {
        if (!session.IsTalkative || !session.Console.Profile.Capabilities.Interactive || !session.Console.Profile.Capabilities.Ansi) return work(null);
        return session.Console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 20 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => work(new ProgressLine(context.AddTask(first, maxValue: 1))));
    }

    private void Show(string description, double share)
    {
        _task.Description = description;
        _task.Value = share;
    }
}
