using System.Text.Json;
using System.Text.Json.Serialization;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>An epoch's line of <c>metrics.jsonl</c>.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="TrainLoss">The mean loss of the training images, each counted before the update of its step.</param>
/// <param name="TrainAccuracy">The share of them that was recognised, 0 to 1.</param>
/// <param name="ValidationLoss">The mean loss of the images that are only measured by, after the epoch; null if there are none.</param>
/// <param name="ValidationAccuracy">The share of them that was recognised.</param>
/// <param name="LearningRate">η of the epoch's last step.</param>
/// <param name="Seconds">Time of the training steps.</param>
/// <param name="ImagesPerSecond">Training images of a second.</param>
public sealed record MetricsLine(
    int Epoch, double TrainLoss, double TrainAccuracy, double? ValidationLoss, double? ValidationAccuracy,
    float LearningRate, double Seconds, double ImagesPerSecond)
{
    /// <summary>The line of an epoch.</summary>
    public static MetricsLine Of(EpochResult epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        return new MetricsLine(
            epoch.Epoch, epoch.Train.MeanLoss, epoch.Train.Accuracy, epoch.Test?.MeanLoss, epoch.Test?.Accuracy,
            epoch.LearningRate, epoch.TrainingTime.TotalSeconds, epoch.ImagesPerSecond);
    }

    /// <summary>The line, without its end. What is not finite is a text: <c>"NaN"</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MetricsJson.Default.MetricsLine);

    /// <summary>Reads a file of such lines. A last line without an end is what a killed process left, and is left out.</summary>
    /// <exception cref="InvalidDataException">A line is something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<MetricsLine> Read(string path)
    {
        string text = File.ReadAllText(path);
        List<MetricsLine> epochs = [];
        foreach (string line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                epochs.Add(JsonSerializer.Deserialize(line, MetricsJson.Default.MetricsLine)!);
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"{path}: line {epochs.Count + 1} is no epoch: {error.Message}", error);
            }
        }
        return epochs;
    }

    /// <summary>Makes the file hold these epochs and no others, whatever was in it.</summary>
    internal static void Write(string path, IEnumerable<EpochResult> epochs) => AtomicFile.Write(path, stream =>
    {
        foreach (EpochResult epoch in epochs) stream.Write(LineOf(epoch));
    });

    /// <summary>Adds an epoch, which is on the disk when this returns.</summary>
    internal static void Append(string path, EpochResult epoch)
    {
        using FileStream stream = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        stream.Write(LineOf(epoch));
        stream.Flush(flushToDisk: true);
    }

    private static byte[] LineOf(EpochResult epoch) => [.. JsonSerializer.SerializeToUtf8Bytes(Of(epoch), MetricsJson.Default.MetricsLine), (byte)'\n'];
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(MetricsLine))]
internal sealed partial class MetricsJson : JsonSerializerContext;
