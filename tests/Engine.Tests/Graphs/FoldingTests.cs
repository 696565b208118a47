using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Graphs;

/// <summary>Batch normalisations folded into the layers before them.</summary>
public class FoldingTests
{
    private const int Images = 12;

    private static readonly Shape Image = new(4, 9, 8);

    [Fact]
    public void A_folded_residual_network_computes_the_same()
    {
        Network network = Trained(Residual());
        Network folded = network.Fold();
        AssertSame(network, folded);
        Assert.Equal(6, network.Layers.Count(layer => layer.Layer is BatchNorm2d));
        Assert.Equal(
            ["conv1", "relu1", "conv2", "relu2", "conv3", "conv4", "add1", "bn1", "relu3", "conv5", "conv6", "relu4", "flatten1", "fc1", "relu5", "fc2"],
            folded.Layers.Select(layer => layer.Name));
        Assert.False(folded.Options.Training);
    }

    [Fact]
    public void What_others_read_too_is_not_folded()
    {
        Graph graph = new();
        Value conv = graph.Input.Then(new Conv2d(3, 3));
        Value sum = graph.Add(new Add(), conv.Then(new BatchNorm2d()), conv);
        Value shown = sum.Then(new Conv2d(2, 2));
        graph.AddOutput(shown);
        shown.Then(new BatchNorm2d()).Then(new Flatten()).Then(new Linear(3));
        Network network = Trained(graph), folded = network.Fold();
        AssertSame(network, folded);
        Assert.Equal(network.OutputsOf(1).ToArray(), folded.OutputsOf(1).ToArray());
        Assert.Equal(network.Layers.Select(layer => layer.Name), folded.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void Shared_weights_are_folded_each_with_its_own_normalisation()
    {
        Graph graph = new();
        Conv2d first = new(4, 3, padding: 1), second = new(4, 3, padding: 1) { SharesWith = first }, third = new(4, 3) { SharesWith = first };
        graph.Input.Then(first).Then(new BatchNorm2d()).Then(new ReLU()).Then(second).Then(new BatchNorm2d()).Then(third).Then(new Flatten()).Then(new Linear(3));
        Network network = Trained(graph), folded = network.Fold();
        AssertSame(network, folded);
        Assert.Equal(["conv1", "relu1", "conv2", "conv3", "flatten1", "fc1"], folded.Layers.Select(layer => layer.Name));
        Assert.All(folded.Layers, layer => Assert.Null(layer.Layer.SharesWith));
    }

    [Fact]
    public void Outputs_and_auxiliary_heads_stay_what_they_are()
    {
        Graph graph = new();
        Value normalized = graph.Input.Then(new Conv2d(3, 3) { HasBias = false }).Then(new BatchNorm2d());
        graph.AddOutput(normalized);
        graph.AddAuxiliary(normalized.Then(new Conv2d(1, 3)).Then(new BatchNorm2d()).Then(new Flatten()).Then(new Linear(3)), 0.3f);
        normalized.Then(new ReLU()).Then(new Flatten()).Then(new Linear(3) { Name = "last" });
        Network network = Trained(graph), folded = network.Fold();
        AssertSame(network, folded);
        Some.Close(network.OutputsOf(1).ToArray(), folded.OutputsOf(1).ToArray());
        Assert.Equal(["conv1", "relu1", "flatten2", "last"], folded.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void The_network_itself_stays_and_can_be_trained_and_folded_again()
    {
        Network network = Trained(Residual());
        float[] before = Some.Weights(network);
        Network first = network.Fold();
        Assert.Equal(before, Some.Weights(network));
        float[] folded = Conv1(first);
        network.Backpropagate(Some.Images(Images, Image, 3, seed: 3), Some.Indices(Images), new CrossEntropy());
        foreach (Parameter parameter in network.Parameters)
            for (int i = 0; i < parameter.Value.Length; i++) parameter.Value.Span[i] -= 0.1f * parameter.Gradient.Span[i];
        AssertSame(network, network.Fold(new NetworkOptions { BatchSize = 5, Training = false }));
        Assert.Equal(folded, Conv1(first));
        Assert.NotEqual(folded, Conv1(network.Fold()));

        static float[] Conv1(Network network) => network.Layers[0].Layer.Parameters[0].Value.Span.ToArray();
    }

    [Fact]
    public void Folded_weights_are_saved_and_loaded()
    {
        using TemporaryFolder folder = new();
        Network folded = Trained(Residual()).Fold();
        folded.Save(folder.File("folded.safetensors"));
        Network other = Trained(Residual(), seed: 7).Fold();
        other.Load(folder.File("folded.safetensors"));
        AssertSame(folded, other);
    }

    [Fact]
    public void Training_is_refused() => Expect.Throws<ArgumentException>(
        "a folded network cannot be trained; set Training to false", () => Trained(Residual()).Fold(new NetworkOptions()));

    /// <summary>A strided, a grouped and a depthwise convolution with and without biases, one of them in a shortcut; a normalisation behind a sum.</summary>
    private static Graph Residual()
    {
        Graph graph = new();
        Value x = graph.Input.Then(new Conv2d(6, 3, padding: 1) { HasBias = false }).Then(new BatchNorm2d()).Then(new ReLU());
        Value branch = x.Then(new Conv2d(8, (3, 2), stride: 2, padding: new Padding(1, 1, 0, 0), groups: 2)).Then(new BatchNorm2d { Epsilon = 0.01f }).Then(new ReLU())
            .Then(new Conv2d(8, 3, padding: Padding.Same) { HasBias = false });
        Value shortcut = x.Then(new Conv2d(8, 2, stride: 2, padding: new Padding(1, 1, 0, 0)) { HasBias = false }).Then(new BatchNorm2d());
        Value sum = graph.Add(new Add(), branch, shortcut);
        sum.Then(new BatchNorm2d()).Then(new ReLU())
            .Then(new DepthwiseConv2d(3, multiplier: 2, dilation: (1, 1)) { HasBias = false }).Then(new BatchNorm2d())
            .Then(new Conv2d(5, 1)).Then(new ReLU())
            .Then(new Flatten()).Then(new Linear(7) { HasBias = false }).Then(new BatchNorm2d()).Then(new ReLU()).Then(new Linear(3));
        return graph;
    }

    /// <summary>The network after a step, with numbers that no normalisation begins with.</summary>
    private static Network Trained(Graph graph, long seed = 1)
    {
        Network network = graph.Compile(Image, new NetworkOptions { BatchSize = Images, Seed = seed });
        Random random = new((int)seed);
        foreach (Parameter parameter in network.Parameters)
            foreach (ref float value in parameter.Value.Span) value += (random.NextSingle() - 0.5f) * 0.2f;
        for (int step = 0; step < 3; step++) network.Backpropagate(Some.Images(Images, Image, 3, seed: 5 + step), Some.Indices(Images), new CrossEntropy());
        return network;
    }

    private static void AssertSame(Network expected, Network actual)
    {
        Tensor images = Tensor.Zeros(Image.Prepend(Images));
        Some.Images(Images, Image, 3, seed: 2).Read(Some.Indices(Images), images.Span, new int[Images]);
        Some.Close(expected.Predict(images).Span.ToArray(), actual.Predict(images).Span.ToArray());
    }
}
