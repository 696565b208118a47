using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>Which epoch is the best, and when none has been better for too long.</summary>
public class EarlyStoppingTests
{
    [Theory]
    [InlineData(EpochMetric.Loss, new[] { 3.0, 2, 4, 2 }, 2)]
    [InlineData(EpochMetric.Accuracy, new[] { 3.0, 2, 4, 4 }, 3)]
    [InlineData(EpochMetric.Loss, new[] { double.NaN, 2, double.NaN, 3 }, 2)]
    [InlineData(EpochMetric.Accuracy, new[] { double.NaN, double.NaN }, null)]
    [InlineData(EpochMetric.Loss, new double[0], null)]
    [InlineData(EpochMetric.Loss, new[] { double.PositiveInfinity, 2 }, 2)]
    public void The_best_epoch_is_the_first_of_equals(EpochMetric metric, double[] values, int? best) =>
        Assert.Equal(best, Results(metric, values).Best(metric)?.Epoch);

    [Fact]
    public void Test_images_decide_where_there_are_some()
    {
        EpochResult result = new(1, new BatchResult(8, 1, 4, 4), new BatchResult(6, 1, 2, 2), default, 0);
        Assert.Equal((3, 0.5), (EpochMetric.Loss.Of(result), EpochMetric.Accuracy.Of(result)));
        Assert.Equal((2, 0.25), (EpochMetric.Loss.Of(result with { Test = null }), EpochMetric.Accuracy.Of(result with { Test = null })));
    }

    [Theory]
    [InlineData(2, 0, new[] { 3.0, 2, 2, 2 }, 4)]
    [InlineData(2, 0, new[] { 3.0, 2, 2, 1, 1, 1 }, 6)]
    [InlineData(1, 0.5, new[] { 3.0, 2.5 }, 2)]
    [InlineData(1, 0.5, new[] { 3.0, 2.4, 1.8, 1.7 }, 4)]
    // Small steps add up: each is measured from the last epoch that counted.
    [InlineData(2, 0.5, new[] { 3.0, 2.6, 2.4, 2.0, 1.8, 1.75, 1.7 }, 7)]
    [InlineData(2, 0, new[] { double.NaN, double.NaN }, 2)]
    [InlineData(3, 0, new[] { 3.0, 2, 1 }, null)]
    public void Training_stops_when_it_has_not_been_better_for_long_enough(int patience, double leastChange, double[] losses, int? stop)
    {
        EarlyStopping stopping = new() { Patience = patience, LeastChange = leastChange };
        EpochResult[] results = Results(EpochMetric.Loss, losses);
        for (int count = 0; count <= results.Length; count++)
            Assert.Equal(count == stop, stopping.IsOver([.. results.Take(count)]));
    }

    [Fact]
    public void A_training_that_has_stopped_stays_so()
    {
        TensorDataset data = Some.Images(9, new Shape(4), 3);
        Network network = new Sequential { new Linear(3) }.Compile(new Shape(4));
        Trainer trainer = new(network, new Sgd(), new CrossEntropy());
        // No accuracy is better by more than 1.
        TrainerOptions options = new() { Epochs = 9, EarlyStopping = new EarlyStopping { Metric = EpochMetric.Accuracy, Patience = 2, LeastChange = 1 } };
        Assert.Equal(3, trainer.Fit(data, data, options).Count);
        Assert.Equal(3, trainer.Fit(data, data, options, from: trainer.State).Count);
        Assert.Equal(5, trainer.Fit(data, data, options with { EarlyStopping = options.EarlyStopping with { Patience = 4 } }, from: trainer.State).Count);
        Assert.Equal(5, network.Steps);
    }

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        Expect.Throws<ArgumentOutOfRangeException>("patience is 1 epoch or more", () => _ = new EarlyStopping { Patience = 0 });
        foreach (double wrong in (double[])[-1, double.NaN, double.PositiveInfinity])
            Expect.Throws<ArgumentOutOfRangeException>("the least change is 0 or more", () => _ = new EarlyStopping { LeastChange = wrong });
    }

    private static EpochResult[] Results(EpochMetric metric, double[] values) =>
    [
        .. values.Select((value, i) => new EpochResult(
            i + 1, default, metric == EpochMetric.Loss ? new BatchResult(value, 1, 1, 1) : new BatchResult(1, double.IsNaN(value) ? 0 : (int)value, double.IsNaN(value) ? 0 : 10, 1), default, 0)),
    ];
}
