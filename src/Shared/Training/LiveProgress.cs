using System.Diagnostics;
using CnnEngine.Training;
using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>One line that shows how training goes, in a terminal; elsewhere it only remembers how far training has come.</summary>
internal sealed class LiveProgress : IProgress<TrainingProgress>
{
    // Often enough to be seen moving, seldom enough to cost nothing: a step takes a millisecond.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly int _epochs;
    private readonly long _start = Stopwatch.GetTimestamp();
    private ProgressTask? _task;
    private TimeSpan _shown;

    private LiveProgress(int epochs) => _epochs = epochs;

    /// <summary>Where training stands, or stood when it was stopped.</summary>
    public TrainingProgress Last { get; private set; }

    /// <summary>Runs some training under a progress line, which is gone afterwards.</summary>
    public static void Run(IAnsiConsole console, int epochs, bool isShown, Action<LiveProgress> train)
    {
        LiveProgress progress = new(epochs);
        if (!isShown || !console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi)
        {
            train(progress);
            return;
        }
        console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 20 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                progress._task = context.AddTask("starting", maxValue: 1);
                train(progress);
            });
    }

    public void Report(TrainingProgress value)
    {
        Last = value;
        if (_task is null) return;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed - _shown < Pause) return;
        _shown = elapsed;
        double done = (value.Epoch - 1 + ((double)value.Step / value.Steps)) / _epochs;
        TimeSpan left = elapsed * ((1 - done) / done);
        _task.Description =
            $"{value.Epoch}/{_epochs}  loss {value.Train.MeanLoss:0.0000}  {value.Train.Accuracy:0.00 %}  "
            + $"{value.Train.Images / value.Elapsed.TotalSeconds:N0} images/s  {(int)left.TotalMinutes}:{left.Seconds:00} left";
        _task.Value = done;
    }
}
