using System.Diagnostics.Metrics;
using CnnEngine.Graphs;

namespace CnnEngine.Training;

/// <summary>
/// What training tells <c>System.Diagnostics.Metrics</c>, and so dotnet-counters and OpenTelemetry, by the meter <see cref="MeterName"/>:
/// <c>cnnengine.training.images</c> (counter), <c>cnnengine.training.step.duration</c> (histogram, seconds),
/// <c>cnnengine.training.loss</c> (gauge, the mean loss of the last minibatch) and <c>cnnengine.training.throughput</c> (gauge, images
/// a second in the last step). Without a listener nothing is computed.
/// </summary>
public static class TrainingMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "CnnEngine";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Images = Meter.CreateCounter<long>("cnnengine.training.images", "{image}", "Images learnt from");
    private static readonly Histogram<double> StepTime = Meter.CreateHistogram<double>("cnnengine.training.step.duration", "s", "Time of a training step");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>("cnnengine.training.loss", null, "Mean loss of the last minibatch, before its update");
    private static readonly Gauge<double> Throughput = Meter.CreateGauge<double>("cnnengine.training.throughput", "{image}/s", "Images a second in the last step");

    internal static void Record(BatchResult minibatch, TimeSpan time)
    {
        if (Images.Enabled) Images.Add(minibatch.Images);
        if (StepTime.Enabled) StepTime.Record(time.TotalSeconds);
        if (Loss.Enabled) Loss.Record(minibatch.MeanLoss);
        if (Throughput.Enabled) Throughput.Record(minibatch.Images / time.TotalSeconds);
    }
}
