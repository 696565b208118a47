using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>Layers that write over their input do so only where nobody needs it any more.</summary>
public class InPlaceTests
{
    private static readonly Shape Image = new(2, 6, 5);

    private static readonly Dictionary<string, (Func<Sequential> Layers, Func<TwinChain, TwinChain> Twin)> Chains = new()
    {
        ["ReLU after Sigmoid"] = (() => [new Conv2d(3, 2), new Sigmoid(), new ReLU()],
            t => t.Conv(3, 2).Activate(Activation.Sigmoid).Activate(Activation.Relu)),
        ["Sigmoid after ReLU after pooling"] = (() => [new MeanPool2d(2), new ReLU(), new Sigmoid()],
            t => t.MeanPool(2).Activate(Activation.Relu).Activate(Activation.Sigmoid)),
        ["activation after max pooling"] = (() => [new Conv2d(3, 2), new MaxPool2d(2), new Tanh(), new Flatten(), new Linear(4)],
            t => t.Conv(3, 2).MaxPool(2).Activate(Activation.Tanh).Linear(4)),
        ["Flatten, Flatten, activation"] = (() => [new Conv2d(3, 2), new Flatten(), new Flatten(), new LeakyReLU(0.2f), new Linear(4)],
            t => t.Conv(3, 2).Activate(Activation.LeakyRelu(0.2f)).Linear(4)),
        ["activation, Flatten, activation"] = (() => [new Conv2d(3, 2), new Tanh(), new Flatten(), new ReLU(), new Linear(4), new Sigmoid()],
            t => t.Conv(3, 2).Activate(Activation.Tanh).Activate(Activation.Relu).Linear(4).Activate(Activation.Sigmoid)),
        ["activation on the input"] = (() => [new ReLU(), new Sigmoid(), new Conv2d(3, 2)],
            t => t.Activate(Activation.Relu).Activate(Activation.Sigmoid).Conv(3, 2)),
        ["Flatten of the input"] = (() => [new Flatten(), new Tanh(), new Linear(4), new LeakyReLU(0.3f), new ReLU()],
            t => t.Activate(Activation.Tanh).Linear(4).Activate(Activation.LeakyRelu(0.3f)).Activate(Activation.Relu)),
        ["pooling of an activation"] = (() => [new Conv2d(3, 2), new Tanh(), new MeanPool2d(2, 1), new Sigmoid(), new MaxPool2d(2, 1), new ReLU()],
            t => t.Conv(3, 2).Activate(Activation.Tanh).MeanPool(2, 1).Activate(Activation.Sigmoid).MaxPool(2, 1).Activate(Activation.Relu)),
        ["four activations"] = (() => [new Flatten(), new Linear(9), new LeakyReLU(0.1f), new Tanh(), new Sigmoid(), new Tanh(), new Linear(4)],
            t => t.Linear(9).Activate(Activation.LeakyRelu(0.1f)).Activate(Activation.Tanh)
                .Activate(Activation.Sigmoid).Activate(Activation.Tanh).Linear(4)),
    };

    public static TheoryData<string> Names { get; } = [.. Chains.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Output_and_gradients_are_the_twins(string name) =>
        Expect.Gradients(Chains[name].Layers(), Chains[name].Twin(new TwinChain(Image)), Image);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_that_only_predicts_gives_the_same(string name)
    {
        Network training = Chains[name].Layers().Compile(Image, new NetworkOptions { BatchSize = 3 });
        Network predicting = Chains[name].Layers().Compile(Image, new NetworkOptions { BatchSize = 3, Training = false });
        Tensor images = Tensor.Zeros(Image.Prepend(3));
        Some.Images(3, Image, 1).Read([0, 1, 2], images.Span, new int[3]);
        Assert.Equal(training.Predict(images).Span.ToArray(), predicting.Predict(images).Span.ToArray());
    }

    [Fact]
    public void What_the_caller_gave_is_not_written_to()
    {
        Network network = new Sequential { new ReLU(), new Flatten(), new Sigmoid() }.Compile(Image, Expect.ForCheck(images: 4));
        Tensor images = Tensor.Zeros(Image.Prepend(4));
        for (int i = 0; i < images.Length; i++) images.Span[i] = (i % 7) - 3;
        float[] before = images.Span.ToArray();
        network.Predict(images);
        network.Backpropagate(new TensorDataset("mine", images, [0, 1, 2, 3], 60), [0, 1, 2, 3], new CrossEntropy());
        Assert.Equal(before, images.Span.ToArray());
    }

    [Fact]
    public void Values_share_memory_where_they_can()
    {
        List<Node> nodes = Compile([new Conv2d(3, 2), new ReLU(), new MaxPool2d(2), new Flatten(), new Sigmoid()]);
        // The pooling undoes the ReLU by its own output, which the sigmoid must not write over.
        Assert.Equal([false, false, true, false, true, false], nodes.Select(node => node.IsInPlace));
        Assert.Equal([false, false, true, false, false, false], nodes.Select(node => node.IsUndoneByReader));
        Assert.Same(nodes[1].Value, nodes[2].Value);
        Assert.Same(nodes[3].Value, nodes[4].Value);
        nodes = Compile([new Conv2d(3, 2), new MaxPool2d(2), new Flatten(), new Sigmoid()]);
        Assert.Equal([false, false, false, true, true], nodes.Select(node => node.IsInPlace));
        Assert.Same(nodes[2].Value, nodes[4].Value);
        // The sigmoid's output may be seen under another shape, but not be written over.
        nodes = Compile([new ReLU(), new Sigmoid(), new Flatten(), new ReLU()]);
        Assert.Equal([false, false, false, true, false], nodes.Select(node => node.IsInPlace));
        Assert.Same(nodes[2].Value, nodes[3].Value);
    }

    [Fact]
    public void A_convolutions_output_is_forgotten_once_it_is_pooled()
    {
        List<Node> nodes = Compile([new Conv2d(3, 2), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(4)]);
        Assert.Equal(3, nodes[1].Value.End);
        Assert.InRange(nodes[3].Value.End, nodes.Count + 1, 2 * nodes.Count);
        // A mean is none of its inputs: the sigmoid's derivative needs its whole output.
        nodes = Compile([new Conv2d(3, 2), new Sigmoid(), new MeanPool2d(2), new Flatten(), new Linear(4)]);
        Assert.Equal((2 * nodes.Count) - 2, nodes[1].Value.End);
    }

    private static List<Node> Compile(Sequential layers) => NetworkCompiler.Compile(Some.Chain(layers), Image, new NetworkOptions(), LayerPlan.MemoryUse.None).Nodes;
}
