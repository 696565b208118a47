using CnnEngine.Graphs;
using CnnEngine.Training;
using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>A line for each epoch, printed when the epoch is over.</summary>
internal sealed class EpochTable(IAnsiConsole console, int epochs)
{
    private bool _hasHeader;

    /// <summary>Prints an epoch.</summary>
    public void Write(EpochResult epoch)
    {
        if (!_hasHeader)
        {
            console.WriteLine("  epoch  train loss  accuracy  test loss  accuracy     time  images/s");
            _hasHeader = true;
        }
        string number = $"{epoch.Epoch}/{epochs}";
        (BatchResult train, BatchResult test) = (epoch.Train, epoch.Test!.Value);
        console.WriteLine(
            $"{number,7}  {train.MeanLoss,10:0.0000}  {train.Accuracy,8:0.00 %}  {test.MeanLoss,9:0.0000}  {test.Accuracy,8:0.00 %}  "
            + $"{epoch.TrainingTime.TotalSeconds,5:0.00} s  {epoch.ImagesPerSecond,8:N0}");
    }
}
