using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;

namespace CnnEngine.Tests.Training;

/// <summary>Once it is warm, a training step takes no managed memory, on no thread.</summary>
public class AllocationTests
{
    private const int Batch = 48;
    private const int Steps = 50;

    private static readonly Loss Loss = new CrossEntropy();
    private static readonly int[] Indices = Some.Indices(Batch);
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
    public void A_network_in_one_part(int threads)
    {
        Shape image = new(3, 12, 14);
        AssertNothingIsTaken(threads, () => OnePart.Layers(), image, Some.Images(Batch, image, 10));
    }

    private static void AssertNothingIsTaken(int threads, Func<Sequential> layers, Shape image, TensorDataset data)
    {
        using ForcedThreads _ = new(threads);
        ThreadMeter meter = new(threads);
        WarmUp(meter, threads, layers, image, data);

        Network network = layers().Compile(image, new NetworkOptions { BatchSize = Batch });
        Sgd sgd = new(momentum: 0.9f, weightDecay: 5e-4f, nesterov: true);
        AssertNothingIsTaken(meter, Steps, () =>
        {
            network.Backpropagate(data, Indices, Loss);
            sgd.Step(network.Parameters, 0.001f);
        });

        AssertNothingIsTaken(meter, Steps / 5, () => network.Evaluate(data, Indices.AsSpan(0, Batch - 1), Loss));
        float[] images = new float[2 * Batch * image.Length], outputs = new float[2 * Batch * network.OutputShape.Length];
        AssertNothingIsTaken(meter, Steps / 5, () => network.Predict(images, outputs));
    }

    /// <summary>Working memory of the kernels belongs to the thread; it is there once the thread has run every layer.</summary>
    private static void WarmUp(ThreadMeter meter, int threads, Func<Sequential> layers, Shape image, TensorDataset data)
    {
        Network[] networks = [.. Enumerable.Range(0, threads).Select(_ => layers().Compile(image, new NetworkOptions { BatchSize = Batch }))];
        meter.OnEveryThread(chunk =>
        {
            networks[chunk].Backpropagate(data, Indices, Loss);
            new Sgd(0.9f).Step(networks[chunk].Parameters, 0.001f);
        });
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
        // Nor on any other thread; but the test runner has threads of its own that allocate now and then.
        Assert.Equal(0, least);
    }
}
