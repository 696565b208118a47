using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>Activations joined to the layer before them change nothing but the time.</summary>
public class FusionTests
{
    private static readonly Shape Image = new(2, 9, 8);

    public static TheoryData<ActivationKind> Functions { get; } =
        [ActivationKind.Relu, ActivationKind.LeakyRelu, ActivationKind.Sigmoid, ActivationKind.Tanh];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Fused_and_unfused_behind_a_convolution(ActivationKind function) =>
        AssertSame(function, graph => graph.Add(new Conv2d(5, (3, 2)), graph.Input));

    [Theory]
    [MemberData(nameof(Functions))]
    public void Fused_and_unfused_behind_a_fully_connected_layer(ActivationKind function) =>
        AssertSame(function, graph => graph.Add(new Linear(21), graph.Add(new Flatten(), graph.Input)));

    [Fact]
    public void Only_the_first_activation_behind_a_layer_is_fused()
    {
        Graph graph = new();
        Value conv = graph.Add(new Conv2d(3, 3), graph.Input);
        Value relu = graph.Add(new ReLU(), conv);
        Value sigmoid = graph.Add(new Sigmoid(), relu);
        graph.Add(new Tanh(), graph.Add(new MaxPool2d(2), sigmoid));
        Assert.Equal([false, false, true, false, false, false], Fused(graph));
    }

    [Fact]
    public void Nothing_is_fused_into_a_value_that_another_layer_reads_too()
    {
        Graph graph = new();
        Value conv = graph.Add(new Conv2d(3, 3), graph.Input);
        graph.Add(new Add(), graph.Add(new ReLU(), conv), conv);
        Assert.DoesNotContain(true, Fused(graph));
    }

    private static bool[] Fused(Graph graph) => [.. NetworkCompiler.Compile(graph, Image, new NetworkOptions(), LayerPlan.MemoryUse.None).Nodes.Select(node => node.IsFused)];

    private static void AssertSame(ActivationKind function, Func<Graph, Value> before)
    {
        Network fused = Build(function, before, canFuse: true), unfused = Build(function, before, canFuse: false);
        TensorDataset data = Some.Images(20, Image, classes: 4);
        BatchResult expected = unfused.Backpropagate(data, Some.Indices(20), new CrossEntropy());
        BatchResult actual = fused.Backpropagate(data, Some.Indices(20), new CrossEntropy());
        Assert.Equal(expected.MeanLoss, actual.MeanLoss, 1e-6);
        Some.Close(unfused.Outputs.ToArray(), fused.Outputs.ToArray());
        Some.Close(Some.Gradients(unfused), Some.Gradients(fused));
        Some.Close(unfused.InputGradient.Span.ToArray(), fused.InputGradient.Span.ToArray());
    }

    private static Network Build(ActivationKind function, Func<Graph, Value> before, bool canFuse)
    {
        Graph graph = new();
        Value x = before(graph), y = graph.Add(Make(function), x);
        if (!canFuse) y = graph.Add(new First(), y, x);
        graph.Add(new Linear(4), graph.Add(new Flatten(), y));
        Assert.Equal(canFuse, Fused(graph).Contains(true));
        return graph.Compile(Image, new NetworkOptions { BatchSize = 20, InputGradient = true });
    }

    private static ActivationLayer Make(ActivationKind function) => function switch
    {
        ActivationKind.Relu => new ReLU(),
        ActivationKind.LeakyRelu => new LeakyReLU(0.3f),
        ActivationKind.Sigmoid => new Sigmoid(),
        _ => new Tanh(),
    };

    /// <summary>The first of two values, <c>y = a</c>: a second reader that does nothing.</summary>
    private sealed class First : Layer
    {
        public override string Kind => "first";

        public override int InputCount => 2;

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step) => step.Input().CopyTo(step.Output);

        public override void Backward(in Step step)
        {
            step.OutputGradient.CopyTo(step.InputGradient());
            step.InputGradient(1).Clear();
        }

        public override string ToString() => "First";
    }
}
