using CnnEngine.Data;
using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>Shows a download: a bar for each file in a terminal, a line for each elsewhere.</summary>
internal sealed class DownloadReport : IProgress<DownloadProgress>
{
    private readonly Dictionary<string, ProgressTask?> _tasks = [];
    private readonly Func<DownloadProgress, ProgressTask?> _begin;

    private DownloadReport(Func<DownloadProgress, ProgressTask?> begin) => _begin = begin;

    /// <summary>Runs something that downloads under such a report.</summary>
    public static Task<T> RunAsync<T>(IAnsiConsole console, bool isShown, Func<IProgress<DownloadProgress>?, Task<T>> download)
    {
        if (!isShown) return download(null);
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi)
            return download(new DownloadReport(file =>
            {
                console.WriteLine($"downloading {file.File} from {file.Mirror}");
                return null;
            }));
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(context => download(new DownloadReport(file => context.AddTask(Markup.Escape(file.File)))));
    }

    public void Report(DownloadProgress value)
    {
        if (!_tasks.TryGetValue(value.File, out ProgressTask? task)) _tasks[value.File] = task = _begin(value);
        if (task is null) return;
        task.IsIndeterminate = value.Total is null;
        task.MaxValue = value.Total ?? Math.Max(1, value.Received);
        task.Value = value.Received;
    }
}
