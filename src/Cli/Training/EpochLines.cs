using System.Globalization;
using CnnEngine.Graphs;
using CnnEngine.Runs;
using CnnEngine.Training;
using Spectre.Console;

namespace CnnEngine.Cli.Training;

/// <summary>A line for each epoch, with as many digits as the configuration asks for; with its four digits, it fits on a line of 80.</summary>
internal sealed class EpochLines(RunConfig config)
{
    private readonly string _loss = $"0.{new string('0', config.LogDigits)}";
    private readonly string _accuracy = config.LogDigits > 2 ? $"0.{new string('0', config.LogDigits - 2)} %" : "0 %";
    private bool _hasHeader;

    /// <summary>Prints an epoch.</summary>
    public void Write(IAnsiConsole console, EpochResult epoch)
    {
        int loss = Math.Max(10, config.LogDigits + 3), accuracy = Math.Max(8, config.LogDigits + 4);
        if (!_hasHeader)
        {
            string header = $"  epoch  {Right("train loss", loss)}  {Right("accuracy", accuracy)}";
            if (epoch.Test is not null) header += $"  {Right("validation", loss)}  {Right("accuracy", accuracy)}";
            console.WriteLine($"{header}  {Right("lr", 7)}     time  images/s");
            _hasHeader = true;
        }
        string line = $"{Right($"{epoch.Epoch}/{config.Epochs}", 7)}  {Columns(epoch.Train)}";
        if (epoch.Test is { } measured) line += $"  {Columns(measured)}";
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{line}  {epoch.LearningRate,7:G2}  {epoch.TrainingTime.TotalSeconds,5:0.00} s  {epoch.ImagesPerSecond,8:N0}"));

        string Columns(BatchResult images) => $"{Right(Loss(images), loss)}  {Right(Accuracy(images), accuracy)}";
    }

    /// <summary>Accuracy and loss of some images, in words.</summary>
    public string Text(string what, BatchResult images) => $"{what} accuracy {Accuracy(images)}, {what} loss {Loss(images)}";

    private string Loss(BatchResult images) => images.MeanLoss.ToString(_loss, CultureInfo.InvariantCulture);

    private string Accuracy(BatchResult images) => images.Accuracy.ToString(_accuracy, CultureInfo.InvariantCulture);

    private static string Right(string text, int width) => text.PadLeft(width);
}
