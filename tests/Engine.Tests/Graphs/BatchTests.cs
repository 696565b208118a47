using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>However a batch is cut into parts and passes, its gradient is the mean of its images' gradients.</summary>
public class BatchTests
{
    private static readonly Shape Image = new(1, 9, 8);
    private static readonly Loss Loss = new CrossEntropy();

    [Theory]
    [InlineData(10, 1)]
    [InlineData(10, 7)]
    [InlineData(64, 16)]
    [InlineData(64, 17)]
    [InlineData(64, 63)]
    [InlineData(300, 20)]
    [InlineData(300, 270)]
    public void A_partial_batch_gives_the_bits_of_a_network_made_for_it(int batchSize, int count)
    {
        TensorDataset data = Some.Images(count, Image, 5);
        Network larger = Small(batchSize), exact = Small(count);
        // What a full batch leaves behind must not be seen.
        larger.Backpropagate(Some.Images(batchSize, Image, 5, seed: 2), Some.Indices(batchSize), Loss);
        BatchResult result = larger.Backpropagate(data, Some.Indices(count), Loss);
        Assert.Equal(exact.Backpropagate(data, Some.Indices(count), Loss), result);
        Assert.Equal(Some.Gradients(exact), Some.Gradients(larger));
        Assert.Equal(exact.Outputs.ToArray(), larger.Outputs.ToArray());
        Assert.Equal(exact.InputGradient.Span.ToArray(), larger.InputGradient.Images(0, count).Span.ToArray());
    }

    // In one part; in several; in the most there may be, of one pass and of several passes.
    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(39)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(600)]
    public void A_batch_gives_the_mean_over_its_images(int count) => AssertMeanOfSingles(Small, count);

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public void So_does_a_network_of_more_than_a_million_parameters(int count) => AssertMeanOfSingles(Large, count);

    [Fact]
    public void Many_parameters_make_one_part_few_make_several()
    {
        Network small = Small(64), large = Large(64);
        Assert.True(large.Parameters.Sum(p => (long)p.Value.Length) > 1 << 20);
        // One part holds the activations of all images and no gradients of its own.
        Assert.True(large.PlannedBytes < large.Parameters.Sum(p => 4L * p.Value.Length));
        // Four parts have gradients of their own; activations are there once for each thread that can take a part.
        Assert.Equal(small.PlannedBytes, (Math.Min(Threads.Count, 4) * Small(16).PlannedBytes) + (4 * 4 * Padded(small)));
    }

    [Fact]
    public void Results_are_sums_over_the_images()
    {
        TensorDataset data = Some.Images(50, Image, 5);
        Network network = Small(50), single = Small(1);
        BatchResult batch = network.Evaluate(data, Some.Indices(50), Loss);
        BatchResult sum = Some.Indices(50).Select(i => single.Evaluate(data, [i], Loss)).Aggregate((a, b) => a + b);
        Assert.Equal((50, sum.Correct), (batch.Images, batch.Correct));
        Assert.Equal(sum.Loss, batch.Loss, 1e-5);
        Assert.Equal(batch.Loss / 50, batch.MeanLoss);
        Assert.Equal(batch.Correct / 50.0, batch.Accuracy);
        Assert.InRange(batch.Correct, 1, 49);
        Assert.Equal(batch, network.Backpropagate(data, Some.Indices(50), Loss));
    }

    [Fact]
    public void Outputs_are_in_the_order_of_the_indices()
    {
        TensorDataset data = Some.Images(40, Image, 5);
        Network network = Small(40), single = Small(1);
        int[] indices = [.. Some.Indices(40).Reverse().Take(30), 7, 7];
        network.Evaluate(data, indices, Loss);
        for (int i = 0; i < indices.Length; i++)
        {
            single.Evaluate(data, [indices[i]], Loss);
            Some.Close(single.Outputs.ToArray(), network.Outputs.Slice(i * 5, 5).ToArray());
        }
        Assert.Equal(network.Outputs.Slice(30 * 5, 5).ToArray(), network.Outputs.Slice(31 * 5, 5).ToArray());
    }

    private static void AssertMeanOfSingles(Func<int, Network> make, int count)
    {
        TensorDataset data = Some.Images(count, Image, 5);
        Network network = make(count), single = make(1);
        double[] mean = new double[Some.Gradients(single).Length];
        float[] inputGradient = new float[count * Image.Length];
        double loss = 0;
        for (int n = 0; n < count; n++)
        {
            loss += single.Backpropagate(data, [n], Loss).Loss;
            float[] gradients = Some.Gradients(single);
            for (int i = 0; i < mean.Length; i++) mean[i] += gradients[i] / (double)count;
            for (int i = 0; i < Image.Length; i++) inputGradient[(n * Image.Length) + i] = single.InputGradient.Span[i] / count;
        }
        Assert.Equal(loss, network.Backpropagate(data, Some.Indices(count), Loss).Loss, loss * 1e-6);
        Some.Close(Array.ConvertAll(mean, m => (float)m), Some.Gradients(network));
        Some.Close(inputGradient, network.InputGradient.Span.ToArray());
    }

    private static Network Small(int batchSize) => Compile(batchSize,
        [new Conv2d(3, (3, 2)), new ReLU(), new MaxPool2d(2, 1), new Conv2d(4, 3, padding: 1), new Tanh(), new Flatten(), new Linear(5)]);

    private static Network Large(int batchSize) => Compile(batchSize,
        [new Conv2d(24, 3, padding: Padding.Same), new ReLU(), new MeanPool2d(3, 1, 1), new Flatten(), new Linear(620), new Tanh(), new Linear(5)]);

    private static Network Compile(int batchSize, Sequential layers) =>
        layers.Compile(Image, new NetworkOptions { BatchSize = batchSize, InputGradient = true });

    private static long Padded(Network network) => network.Parameters.Sum(p => (p.Value.Length + 15L) / 16 * 16);
}
