using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Serialization;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Graphs;

/// <summary>Two layers of one network with the same parameters.</summary>
public sealed class SharesWithTests : IDisposable
{
    private static readonly Shape Image = new(2, 6, 5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void They_are_learnt_once_counted_once_and_saved_once()
    {
        Network network = Make(out Conv2d first, out Conv2d second);
        Assert.Same(first.Weight, second.Weight);
        Assert.Equal(["weight", "bias"], network.Parameters.Select(p => p.Name));
        Assert.Equal((38, 0), (network.Layers[0].ParameterCount, network.Layers[1].ParameterCount));
        string path = _folder.File("shared.safetensors");
        network.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["conv1.weight", "conv1.bias"], file.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Gradients_of_both_places_add_up()
    {
        Network shared = Make(out Conv2d first, out _);
        Conv2d one = new(2, 3, padding: 1), two = new(2, 3, padding: 1);
        Network apart = new Sequential { one, two }.Compile(Image, new() { BatchSize = 3 });
        foreach (Conv2d layer in new[] { one, two })
        {
            first.Weight!.Value.Span.CopyTo(layer.Weight!.Value.Span);
            first.Bias!.Value.Span.CopyTo(layer.Bias!.Value.Span);
        }
        shared.Backpropagate(Some.Images(3, Image, 4), Some.Indices(3), new CrossEntropy());
        apart.Backpropagate(Some.Images(3, Image, 4), Some.Indices(3), new CrossEntropy());
        for (int i = 0; i < first.Weight!.Gradient.Length; i++)
            Assert.Equal(one.Weight!.Gradient.Span[i] + two.Weight!.Gradient.Span[i], first.Weight.Gradient.Span[i], 1e-5f);
    }

    [Fact]
    public void What_a_summary_planned_at_another_shape_leaves_nothing_behind()
    {
        Graph graph = new();
        Conv2d first = new(4, 3), second = new(4, 3) { SharesWith = first };
        graph.Add(new Add(), graph.Input.Then(first), graph.Input.Then(second));
        Assert.Equal((4 * 2 * 9) + 4, NetworkSummary.Of(graph, Image).Parameters);
        Network network = graph.Compile(new Shape(3, 6, 5));
        Assert.Equal([new Shape(4, 3, 3, 3), new Shape(4)], network.Parameters.Select(p => p.Shape));
        Assert.Equal(first.Parameters, second.Parameters);
        Assert.Same(first.Weight, second.Weight);
    }

    // In the order of the layers, as by a module that PyTorch runs twice.
    [Fact]
    public void Running_means_take_in_both_places()
    {
        Shape pair = new(2, 1, 2);
        BatchNorm2d first = new(), second = new() { SharesWith = first };
        Network network = new Sequential { first, second }.Compile(pair, new() { BatchSize = 1 });
        Assert.Equal(["running_mean", "running_var"], second.State.Select(state => state.Name));
        Assert.Equal(first.State, second.State);
        network.Backpropagate([0, 2, 10, 30], Nothing);
        // Means 1 and 20 and variances 2 and 200, then 0 and 2 (of two numbers that are normalised), each a tenth.
        Some.Close([0.9f * 0.1f, 0.9f * 2], first.RunningMean!.Value.Span.ToArray());
        Some.Close([(0.9f * 1.1f) + 0.2f, (0.9f * 20.9f) + 0.2f], second.RunningVariance!.Value.Span.ToArray());
        NetworkSummary summary = NetworkSummary.Of(new Sequential { new BatchNorm2d { Name = "a" }, new ReLU() }, pair);
        Assert.Equal(summary.Inference.Parameters, NetworkSummary.Of(new Sequential { first, second }, pair).Inference.Parameters);

        string path = _folder.File("means.safetensors");
        network.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], file.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void A_normalisation_that_others_share_is_not_folded()
    {
        Graph graph = new();
        BatchNorm2d first = new(), second = new() { SharesWith = first }, third = new() { SharesWith = second };
        graph.Input.Then(new Conv2d(2, 3, padding: 1)).Then(first).Then(new Conv2d(2, 3)).Then(second).Then(new ReLU()).Then(third);
        Network network = graph.Compile(Image, new() { BatchSize = 3 });
        for (int step = 0; step < 3; step++) network.Backpropagate(Images(seed: step), Nothing);
        Network folded = network.Fold();
        Assert.Equal(["conv1", "bn1", "conv2", "relu1", "bn2"], folded.Layers.Select(layer => layer.Name));
        float[] expected = new float[3 * network.OutputShape.Length], actual = new float[expected.Length];
        network.Predict(Images(seed: 5), expected);
        folded.Predict(Images(seed: 5), actual);
        Some.Close(expected, actual);

        static float[] Images(int seed)
        {
            Random random = new(seed);
            return [.. Enumerable.Range(0, 3 * Image.Length).Select(_ => random.NextSingle())];
        }
    }

    [Fact]
    public void Layers_that_cannot_share_are_refused()
    {
        Conv2d first = new(2, 3, padding: 1);
        Refuse("Conv2d \"conv2\": its weight is 2×2×3×3 in the layer that it shares with; this input needs 3×2×3×3", first, new Conv2d(3, 3) { SharesWith = first });
        Conv2d withoutBias = new(2, 3, padding: 1) { HasBias = false };
        Refuse("Conv2d \"conv2\": the layer that it shares with, Conv2d(2, 3×3, padding 1, no bias), has no bias", withoutBias, new Conv2d(2, 3) { SharesWith = withoutBias });
        Refuse("TableConv2d \"conv2\": it shares with Conv2d(2, 3×3, padding 1); it must share with a layer of its own class",
            first, new TableConv2d(new ConnectionTable(2, [0], [1]), 3) { SharesWith = first });
        const string NotBefore = "it shares with Conv2d(2, 3×3, padding 1), which does not stand before it in the network";
        Refuse($"Conv2d \"conv1\": {NotBefore}", new Conv2d(2, 3, padding: 1) { SharesWith = first }, first);
        Refuse($"Conv2d \"conv1\": {NotBefore}", new Conv2d(2, 3) { SharesWith = new Conv2d(2, 3) { SharesWith = first } });

        static void Refuse(string message, params Layer[] layers)
        {
            Expect.Throws<ArgumentException>(message, () => Some.Chain(layers).Compile(Image));
            Expect.Throws<ArgumentException>(message, () => NetworkSummary.Of(Some.Chain(layers), Image));
        }
    }

    [Fact]
    public void A_gradient_check_takes_them_once()
    {
        Conv2d first = new(2, 3, padding: 1), second = new(2, 3, padding: 1) { SharesWith = first };
        Network network = new Sequential { first, new Tanh(), second, new Conv2d(1, 1) }.Compile(Image, Expect.ForCheck());
        GradientCheckResult result = new GradientCheck().Run(network);
        Expect.Passed(result);
        Assert.Equal(["input", "conv1.weight", "conv1.bias", "conv3.weight", "conv3.bias"], result.Tensors.Select(check => check.Tensor));
    }

    private static double Nothing(in LossStep step)
    {
        step.OutputGradient().Clear();
        return 0;
    }

    private static Network Make(out Conv2d first, out Conv2d second)
    {
        first = new Conv2d(2, 3, padding: 1);
        second = new Conv2d(2, 3, padding: 1) { SharesWith = first };
        return new Sequential { first, second }.Compile(Image, new() { BatchSize = 3 });
    }
}
