using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>Values that several layers read: their gradients are summed.</summary>
public class FanOutTests
{
    private static readonly Shape Image = new(2, 5, 6);

    [Fact]
    public void A_value_read_by_two_layers()
    {
        // A residual block: relu(conv1) goes round conv2.
        Graph graph = new();
        Value trunk = graph.Add(new ReLU(), graph.Add(new Conv2d(3, (3, 2), padding: Padding.Same), graph.Input));
        Value branch = graph.Add(new Conv2d(3, 3, padding: Padding.Same), trunk);
        graph.Add(new Tanh(), graph.Add(new Add(), branch, trunk));

        Check(graph, (images, inputs, parameters) =>
        {
            Queue<double[]> rest = new(parameters);
            TwinChain trunk = new TwinChain(Image).Conv(3, (3, 2), new ConvOptions { Padding = Padding.Same }).Activate(Activation.Relu);
            double[] x = trunk.Run(images, inputs[0], rest);
            double[] y = new TwinChain(trunk.Shape).Conv(3, 3, new ConvOptions { Padding = Padding.Same }).Run(images, x, rest);
            return [.. x.Zip(y, (a, b) => Math.Tanh(a + b))];
        });
    }

    [Fact]
    public void A_value_read_by_three_layers()
    {
        Graph graph = new();
        Value trunk = graph.Add(new Sigmoid(), graph.Add(new Conv2d(2, 2), graph.Input));
        Value one = graph.Add(new Conv2d(2, 1), trunk), two = graph.Add(new Tanh(), trunk);
        graph.Add(new Add(), graph.Add(new Add(), one, two), trunk);

        Check(graph, (images, inputs, parameters) =>
        {
            Queue<double[]> rest = new(parameters);
            TwinChain trunk = new TwinChain(Image).Conv(2, 2).Activate(Activation.Sigmoid);
            double[] x = trunk.Run(images, inputs[0], rest), y = new TwinChain(trunk.Shape).Conv(2, 1).Run(images, x, rest);
            return [.. x.Zip(y, (a, b) => a + b + Math.Tanh(a))];
        });
    }

    [Fact]
    public void A_value_added_to_itself()
    {
        Graph graph = new();
        Value x = graph.Add(new Conv2d(3, 2), graph.Input);
        graph.Add(new Add(), x, x);
        Check(graph, (images, inputs, parameters) =>
            Array.ConvertAll(new TwinChain(Image).Conv(3, 2).Run(images, inputs[0], new Queue<double[]>(parameters)), y => 2 * y));
    }

    [Fact]
    public void The_input_read_by_two_layers()
    {
        Graph graph = new();
        Value one = graph.Add(new Conv2d(2, 3, padding: 1), graph.Input), two = graph.Add(new ReLU(), graph.Input);
        graph.Add(new Add(), one, two);
        Check(graph, (images, inputs, parameters) =>
        {
            double[] y = new TwinChain(Image).Conv(2, 3, new ConvOptions { Padding = 1 }).Run(images, inputs[0], new Queue<double[]>(parameters));
            return [.. y.Zip(inputs[0], (a, x) => a + Math.Max(x, 0))];
        });
    }

    [Fact]
    public void Branches_of_branches()
    {
        Graph graph = new();
        Value a = graph.Add(new Tanh(), graph.Input);
        Value b = graph.Add(new Add(), a, graph.Add(new Sigmoid(), a));
        Value c = graph.Add(new Add(), b, graph.Add(new Tanh(), b));
        graph.Add(new Add(), c, a);
        Check(graph, (_, inputs, _) => Array.ConvertAll(inputs[0], x =>
        {
            double a = Math.Tanh(x), b = a + (1 / (1 + Math.Exp(-a)));
            return b + Math.Tanh(b) + a;
        }));
    }

    private static void Check(Graph graph, Twin twin) => Expect.Passed(new GradientCheck().Run(graph.Compile(Image, Expect.ForCheck()), twin));
}
