using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>The same seed gives the same bits on any number of threads, and again.</summary>
public class SameBitsTests
{
    private static readonly ByteImages Digits = SyntheticDigits.Generate(seed: 1, train: Pace.IsSlow ? 130 : 300, test: 1).Train;

    // Of five steps, the last on fewer images.
    private static readonly int Epochs = Pace.IsSlow ? 1 : 4;

    public static TheoryData<string> Networks { get; } = ["relu, max", "sigmoid, mean", "one part", "several passes", "adam"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void On_one_two_and_three_threads_and_once_more(string name)
    {
        (float[] Weights, BatchResult[] Results)[] runs =
            [Train(name, threads: 1), Train(name, threads: 2), Train(name, threads: 3), Train(name, threads: 2)];
        Assert.True(runs[0].Results[^1].MeanLoss != runs[0].Results[0].MeanLoss && runs[0].Weights.All(float.IsFinite));
        foreach ((float[] weights, BatchResult[] results) in runs.Skip(1))
        {
            Assert.Equal(runs[0].Results, results);
            Assert.Equal(runs[0].Weights.Select(BitConverter.SingleToInt32Bits), weights.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Another_seed_gives_other_bits()
    {
        Network one = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { Seed = 1 });
        Network two = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { Seed = 2 });
        Assert.NotEqual(Some.Weights(one), Some.Weights(two));
    }

    private static (float[] Weights, BatchResult[] Results) Train(string name, int threads)
    {
        using ForcedThreads _ = new(threads);
        (Sequential layers, int batch, int epochs) = name switch
        {
            "relu, max" => (LeNetModel.Modern(), 64, Epochs),
            "sigmoid, mean" => (LeNetModel.Classical(), 64, Epochs),
            "one part" => (OnePart.Layers(), 14, 1),
            "adam" => (LeNetModel.Modern(), 64, Epochs),
            _ => (LeNetModel.Modern(), 290, 1),
        };
        IDataset data = name == "one part" ? Some.Images(40, OnePart.Image, 10) : Digits;
        Network network = layers.Compile(data.ImageShape, new NetworkOptions { BatchSize = batch });
        (Optimizer optimizer, float rate) = name == "adam" ? ((Optimizer)new Adam(), 0.003f) : (new Sgd(0.9f, 5e-4f), 0.05f);
        Trainer trainer = new(network, optimizer, new CrossEntropy());
        IReadOnlyList<EpochResult> epochResults = trainer.Fit(data, data, new TrainerOptions { Epochs = epochs, Schedule = new OneCycle(rate) });
        return (Some.Weights(network), [.. epochResults.SelectMany(r => new[] { r.Train, r.Test!.Value })]);
    }
}
