using CnnEngine.Data;
using CnnEngine.Training;
using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>Trains under a line of progress, with a line for each epoch.</summary>
internal static class EpochLoop
{
    /// <summary>Trains as long as the options say, or until it is cancelled.</summary>
    /// <param name="console">Where the lines go.</param>
    /// <param name="isQuiet">Whether there are none.</param>
    /// <param name="trainer">What trains.</param>
    /// <param name="train">The images to learn from.</param>
    /// <param name="test">The images to test on after each epoch.</param>
    /// <param name="options">Epochs, seed, schedule.</param>
    /// <param name="rate">The highest learning rate, to advise on when training diverges.</param>
    /// <param name="metrics">Where each epoch's numbers go; null for nowhere.</param>
    /// <param name="cancellation">Ends training after the step at hand.</param>
    /// <returns>False if it was cancelled before the end.</returns>
    /// <exception cref="ArithmeticException">Training has diverged.</exception>
    public static bool Run(
        IAnsiConsole console, bool isQuiet, Trainer trainer, IDataset train, IDataset test, TrainerOptions options, float rate, MetricsFile? metrics,
        CancellationToken cancellation)
    {
        EpochTable table = new(console, options.Epochs);
        TrainingProgress? stop = null;
        LiveProgress.Run(console, options.Epochs, !isQuiet, progress =>
        {
            try
            {
                trainer.Fit(train, test, options, progress, new EpochReport(EndEpoch), cancellation: cancellation);
            }
            catch (OperationCanceledException)
            {
                stop = progress.Last;
            }
        });
        if (stop is not { } at) return true;
        // Only now: the progress line is gone.
        Console.Error.WriteLine($"stopped in epoch {at.Epoch} of {options.Epochs} after step {at.Step} of {at.Steps}");
        return false;

        void EndEpoch(EpochResult epoch)
        {
            double loss = epoch.Test!.Value.Loss;
            if (!double.IsFinite(loss))
                throw new ArithmeticException($"the test loss is {loss} after epoch {epoch.Epoch}: training has diverged; try a --lr below {rate}");
            if (!isQuiet) table.Write(epoch);
            metrics?.Write(epoch, train.Name);
        }
    }
}
