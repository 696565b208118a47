using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>Once it is warm, a training step takes no managed memory, on no thread.</summary>
public class AllocationTests
{
    private const int Batch = 36; // three parts

    private static readonly int Steps = Pace.IsSlow ? 3 : 50;
    private static readonly Loss Loss = new CrossEntropy();
    private static readonly TensorDataset Data = Some.Images(Batch, LeNetModel.Image, 10);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void LeNet(int threads) => AssertNothingIsTaken(threads, LeNetModel.Modern, LeNetModel.Image, Data);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_classical_LeNet(int threads) => AssertNothingIsTaken(threads, LeNetModel.Classical, LeNetModel.Image, Data);

    // More than a million parameters: one part, in which the kernels share out their work.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_network_in_one_part(int threads) =>
        AssertNothingIsTaken(threads, OnePart.Layers, OnePart.Image, Some.Images(6, OnePart.Image, 10));

    // What keeps the state, the meter and the order of the images.
    [Fact]
    public void A_step_of_the_trainer()
    {
        const int Epochs = 4;
        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { BatchSize = 4 });
        Trainer trainer = new(network, new Sgd(0.9f), Loss) { Average = new WeightAverage(network.Parameters) };
        long[] bytes = new long[Epochs * Batch / 4];
        Meter meter = new(bytes);
        trainer.Fit(Data, Data, new TrainerOptions { Epochs = Epochs }, meter);
        // The last epoch's, from step to step.
        Assert.All(bytes[^8..], b => Assert.Equal(bytes[^9], b));
        Assert.Equal(bytes.Length, meter.Reports);
    }

    private sealed class Meter(long[] bytes) : IProgress<TrainingProgress>
    {
        public int Reports { get; private set; }

        public void Report(TrainingProgress value) => bytes[Reports++] = GC.GetAllocatedBytesForCurrentThread();
    }

    private static void AssertNothingIsTaken(int threads, Func<Sequential> layers, Shape image, TensorDataset data)
    {
        NetworkOptions options = new() { BatchSize = data.Count };
        int[] indices = Some.Indices(data.Count);
        using ForcedThreads _ = new(threads);
        ThreadMeter meter = new(threads);
        // Working memory of the kernels belongs to the thread, and has its full size once the thread has run every layer a few times.
        Network[] networks = [.. Enumerable.Range(0, threads).Select(_ => layers().Compile(image, options))];
        for (int i = 0; i < 3; i++) meter.OnEveryThread(chunk => networks[chunk].Backpropagate(data, indices, Loss));

        Network network = networks[0];
        foreach (Optimizer optimizer in (Optimizer[])[new Sgd(momentum: 0.9f, weightDecay: 5e-4f, nesterov: true), new AdamW(), new RmsProp(momentum: 0.9f), new Adagrad()])
            AssertNothingIsTaken(meter, Steps, () =>
            {
                network.Backpropagate(data, indices, Loss);
                optimizer.Step(network.Parameters, 0.001f);
            });

        WeightAverage average = new(network.Parameters);
        AssertNothingIsTaken(meter, Steps, () =>
        {
            ClipGradients.ByValue(network.Parameters, 1e-3f);
            ClipGradients.ByNorm(network.Parameters, 1e-6f);
            average.Update();
        });

        AssertNothingIsTaken(meter, Steps, () => network.Evaluate(data, indices.AsSpan(1), Loss));
        float[] images = new float[2 * data.Count * image.Length], outputs = new float[2 * data.Count * network.OutputShape.Length];
        AssertNothingIsTaken(meter, Steps, () => network.Predict(images, outputs));
    }

    private static void AssertNothingIsTaken(ThreadMeter meter, int steps, Action step)
    {
        for (int i = 0; i < 3; i++) step();
        long before = meter.AllocatedBytes(), least = long.MaxValue;
        for (int i = 0; i < steps; i++)
        {
            long start = GC.GetTotalAllocatedBytes(precise: true);
            step();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - start);
        }
        Assert.Equal(0, meter.AllocatedBytes() - before);
        // Nor on any other thread; but the test runner has threads of its own that allocate ten times a second.
        if (!Pace.IsSlow) Assert.Equal(0, least);
    }
}
