using System.Diagnostics.Metrics;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>What the meter says of a training to those who listen.</summary>
public class TrainingMetricsTests
{
    [Fact]
    public void Images_loss_and_times_of_every_step_are_recorded()
    {
        List<(string Name, string? Unit, double Value)> records = [];
        int thread = Environment.CurrentManagedThreadId; // other tests train at the same time
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TrainingMetrics.MeterName) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Take(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Take(instrument, value));
        listener.Start();

        TensorDataset data = Some.Images(21, new Shape(4), 3);
        Network network = new Sequential { new Linear(3) }.Compile(data.ImageShape, new NetworkOptions { BatchSize = 8 });
        Recorder<TrainingProgress> progress = new();
        new Trainer(network, new Sgd(), new CrossEntropy()).Fit(data, null, new TrainerOptions { Epochs = 2 }, progress);

        Assert.Equal(["cnnengine.training.images", "cnnengine.training.loss", "cnnengine.training.step.duration", "cnnengine.training.throughput"], records.Select(r => r.Name).Distinct().Order());
        Assert.Equal([8, 8, 5, 8, 8, 5], Of("cnnengine.training.images"));
        Assert.Equal(progress.Reports.Select(p => p.Minibatch.MeanLoss), Of("cnnengine.training.loss"));
        Assert.Equal(6, Of("cnnengine.training.step.duration").Count(seconds => seconds is > 0 and < 100));
        Assert.All(
            Of("cnnengine.training.throughput").Zip(Of("cnnengine.training.step.duration"), Of("cnnengine.training.images")),
            step => Assert.Equal(step.Third / step.Second, step.First, 1e-9 * step.First));
        Assert.Equal("s", records.First(r => r.Name == "cnnengine.training.step.duration").Unit);

        double[] Of(string name) => [.. records.Where(r => r.Name == name).Select(r => r.Value)];

        void Take(Instrument instrument, double value)
        {
            if (Environment.CurrentManagedThreadId == thread) records.Add((instrument.Name, instrument.Unit, value));
        }
    }
}
