using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Serialization;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Layers;

/// <summary>Batch normalisation: gradients through the batch's statistics, running means, inference, messages.</summary>
public class BatchNorm2dTests
{
    private static readonly Shape Image = new(3, 5, 4);

    [Theory]
    [InlineData(4), InlineData(7), InlineData(90)]
    public void Output_and_gradients_are_the_twins(int height)
    {
        Shape input = new(3, height, 5);
        Expect.Gradients(new BatchNorm2d(), input, new TwinChain(input).BatchNorm().Twin);
    }

    [Fact]
    public void Features_are_channels() =>
        Expect.Passed(new GradientCheck { Images = 7 }.Run(new BatchNorm2d { Epsilon = 0.1f }, new Shape(21), new TwinChain(new Shape(21)).BatchNorm(0.1f).Twin));

    [Fact]
    public void Between_a_convolution_and_an_activation() => Expect.Gradients(
        [new Conv2d(4, (3, 2)) { HasBias = false }, new BatchNorm2d(), new ReLU(), new Conv2d(2, 2) { HasBias = false }, new BatchNorm2d(), new Tanh()],
        new TwinChain(Image).Conv(4, (3, 2), bias: false).BatchNorm().Activate(Activation.Relu).Conv(2, 2, bias: false).BatchNorm().Activate(Activation.Tanh), Image);

    [Fact]
    public void The_network_itself_is_differentiable() => Expect.Passed(new GradientCheck().Run(new BatchNorm2d(), Image));

    [Fact]
    public void Another_epsilon_is_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new BatchNorm2d(), Image, new TwinChain(Image).BatchNorm(0.01f).Twin).Passed);

    [Fact]
    public void A_gradient_check_leaves_the_running_means_as_they_were()
    {
        BatchNorm2d layer = new();
        Expect.Passed(new GradientCheck().Run(layer, Image));
        Assert.Equal([0, 0, 0], layer.RunningMean!.Value.Span.ToArray());
        Assert.Equal([1, 1, 1], layer.RunningVariance!.Value.Span.ToArray());
    }

    [Fact]
    public void Running_means_follow_the_batches_and_serve_at_inference()
    {
        BatchNorm2d layer = new() { Momentum = 0.25f };
        Network network = new Sequential { layer, new Flatten(), new Linear(3) }.Compile(Image, new() { BatchSize = 6 });
        double[] mean = [0, 0, 0], variance = [1, 1, 1];
        foreach (int images in new[] { 6, 4 })
        {
            TensorDataset data = Some.Images(images, Image, 3, seed: images);
            network.Backpropagate(data, Some.Indices(images), new CrossEntropy());
            NormShape shape = new(images, 3, 20);
            (double[] batchMean, double[] batchVariance) = ReferenceBatchNormalization.Statistics(shape, ReferenceArrays.ToDoubles(Read(data)));
            for (int c = 0; c < 3; c++)
            {
                mean[c] = (0.75 * mean[c]) + (0.25 * batchMean[c]);
                variance[c] = (0.75 * variance[c]) + (0.25 * batchVariance[c] * shape.ChannelLength / (shape.ChannelLength - 1));
            }
        }
        Near(mean, layer.RunningMean!.Value.Span);
        Near(variance, layer.RunningVariance!.Value.Span);

        // Inference looks at them alone, and changes nothing.
        Network alone = new Sequential { layer }.Compile(Image, new() { BatchSize = 2, Training = false });
        TensorDataset others = Some.Images(5, Image, 3, seed: 9);
        float[] x = Read(others), y = new float[x.Length];
        alone.Predict(x, y);
        Near(ReferenceBatchNormalization.Normalize(new NormShape(5, 3, 20), ReferenceArrays.ToDoubles(x), mean, variance, [1, 1, 1], [0, 0, 0], 1e-5), y);
        network.Evaluate(others, Some.Indices(5), new CrossEntropy());
        Near(mean, layer.RunningMean!.Value.Span);
    }

    [Fact]
    public void Running_means_are_saved_with_the_weights()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("w.safetensors");
        BatchNorm2d layer = new();
        Network network = new Sequential { layer, new Flatten(), new Linear(3) }.Compile(Image, new() { BatchSize = 6 });
        TensorDataset data = Some.Images(6, Image, 3);
        network.Backpropagate(data, Some.Indices(6), new CrossEntropy());
        network.Save(path);
        Network other = new Sequential { new BatchNorm2d(), new Flatten(), new Linear(3) }.Compile(Image, new() { BatchSize = 6, Seed = 2 });
        other.Load(path);
        network.Evaluate(data, Some.Indices(6), new CrossEntropy());
        other.Evaluate(data, Some.Indices(6), new CrossEntropy());
        Assert.Equal(network.Outputs.ToArray(), other.Outputs.ToArray());
        Assert.NotEqual([0, 0, 0], layer.RunningMean!.Value.Span.ToArray());
    }

    [Fact]
    public void Steps_have_the_same_bits_on_any_number_of_threads()
    {
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using ForcedThreads forced = new(threads);
            Network network = new Sequential { new Conv2d(17, 3), new BatchNorm2d(), new ReLU(), new Flatten(), new Linear(3), new BatchNorm2d() }
                .Compile(new Shape(2, 14, 13), new() { BatchSize = 20 });
            network.Backpropagate(Some.Images(20, network.InputShape, 3), Some.Indices(20), new CrossEntropy());
            Assert.Equal(first ??= Some.Gradients(network), Some.Gradients(network));
        }
    }

    [Fact]
    public void One_number_a_channel_cannot_be_trained_on()
    {
        Network network = new Sequential { new BatchNorm2d() }.Compile(new Shape(3), new() { BatchSize = 2 });
        Expect.Throws<InvalidOperationException>("batch normalisation of one vector: a single number has no variance; train on two images or more at once",
            () => network.Backpropagate(Some.Images(1, new Shape(3), 3), Some.Indices(1), new CrossEntropy()));
        network.Evaluate(Some.Images(1, new Shape(3), 3), Some.Indices(1), new CrossEntropy());
    }

    [Fact]
    public void What_is_learnt_and_what_is_kept()
    {
        BatchNorm2d layer = new();
        Expect.Parameters(layer, Image, "weight 3", "bias 3");
        Assert.Equal(["running_mean", "running_var"], layer.State.Select(s => s.Name));
        Assert.All(layer.State, s => Assert.False(s.IsTrained));
        Assert.Equal([1, 1, 1], layer.Weight!.Value.Span.ToArray());
        Assert.Equal([0, 0, 0], layer.Bias!.Value.Span.ToArray());
        Assert.Equal(Image, Expect.OutputShape(layer, Image));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Expect.Refusal("BatchNorm2d \"bn1\": epsilon is -1; it must be 0 or more", new BatchNorm2d { Epsilon = -1 }, Image);
        Expect.Refusal("BatchNorm2d \"bn1\": the momentum is 1.5; it must be from 0 to 1", new BatchNorm2d { Momentum = 1.5f }, Image);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("BatchNorm2d", new BatchNorm2d().ToString());
        Assert.Equal("BatchNorm2d(epsilon 0.001, momentum 0.01)", new BatchNorm2d { Epsilon = 1e-3f, Momentum = 0.01f }.ToString());
        Assert.Equal("BatchNorm2d(momentum 0.01)", new BatchNorm2d { Momentum = 0.01f }.ToString());
    }

    private static float[] Read(TensorDataset data)
    {
        float[] x = new float[data.Count * data.ImageShape.Length];
        data.Read(Some.Indices(data.Count), x, new int[data.Count]);
        return x;
    }

    private static void Near(double[] expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
    }
}
