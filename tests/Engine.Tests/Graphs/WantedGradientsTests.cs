using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>Gradients that nobody learns from are not computed.</summary>
public class WantedGradientsTests
{
    private static readonly Shape Image = new(6);

    [Fact]
    public void The_first_layer_with_parameters_is_not_asked_for_its_inputs_gradient()
    {
        Probe first = new(learns: true), second = new(learns: true);
        Run([first, second], inputGradient: false);
        Assert.Equal((1, 1, 0), (first.Forwards, first.Backwards, first.Wanted));
        Assert.Equal((1, 1, 1), (second.Forwards, second.Backwards, second.Wanted));
    }

    [Fact]
    public void Layers_before_the_first_that_learns_do_not_run_backward()
    {
        Probe first = new(learns: false), second = new(learns: true), third = new(learns: false);
        Run([first, second, third], inputGradient: false);
        Assert.Equal((1, 0, 0), (first.Forwards, first.Backwards, first.Wanted));
        Assert.Equal((1, 1, 0), (second.Forwards, second.Backwards, second.Wanted));
        Assert.Equal((1, 1, 1), (third.Forwards, third.Backwards, third.Wanted));
    }

    [Fact]
    public void All_are_asked_if_the_images_gradient_is_wanted()
    {
        Probe first = new(learns: false), second = new(learns: true);
        Run([first, second], inputGradient: true);
        Assert.Equal((1, 1, 1), (first.Forwards, first.Backwards, first.Wanted));
        Assert.Equal((1, 1, 1), (second.Forwards, second.Backwards, second.Wanted));
    }

    [Fact]
    public void Of_two_inputs_only_the_one_that_learns_is_wanted()
    {
        Graph graph = new();
        Value learnt = graph.Add(new Probe(learns: true), graph.Input);
        Probe join = new(learns: false, inputs: 2);
        graph.Add(join, learnt, graph.Input);
        Backpropagate(graph.Compile(Image, new NetworkOptions { BatchSize = 2 }));
        Assert.Equal((1, 1), (join.Backwards, join.Wanted));
    }

    [Fact]
    public void A_network_without_parameters_can_be_measured()
    {
        Network network = new Sequential { new ReLU(), new Sigmoid() }.Compile(Image, new NetworkOptions { BatchSize = 2 });
        Backpropagate(network);
        Assert.Equal(2, network.Evaluate(Some.Images(2, Image, 6), [0, 1], new CrossEntropy()).Images);
        Assert.Empty(network.Parameters);
        Assert.Equal(0, network.InputGradient.Length);
    }

    private static void Run(Sequential layers, bool inputGradient) =>
        Backpropagate(layers.Compile(Image, new NetworkOptions { BatchSize = 2, InputGradient = inputGradient }));

    private static void Backpropagate(Network network) => network.Backpropagate(Some.Images(2, Image, 6), [0, 1], new CrossEntropy());

    /// <summary>Passes its first input on, and counts what is asked of it.</summary>
    private sealed class Probe(bool learns, int inputs = 1) : Layer
    {
        public int Forwards { get; private set; }

        public int Backwards { get; private set; }

        public int Wanted { get; private set; }

        public override string Kind => "probe";

        public override int InputCount => inputs;

        public override Shape Plan(LayerPlan plan)
        {
            if (learns) GetParameter(plan, "weight", new Shape(1), Initializer.Zeros, 1, 1);
            return plan.Input();
        }

        public override void Forward(in Step step)
        {
            Forwards++;
            step.Input().CopyTo(step.Output);
        }

        public override void Backward(in Step step)
        {
            Backwards++;
            for (int i = 0; i < InputCount; i++)
            {
                Assert.Equal(step.WantsInputGradient(i) ? step.Input(i).Length : 0, step.InputGradient(i).Length);
                if (!step.WantsInputGradient(i)) continue;
                Wanted++;
                step.OutputGradient.CopyTo(step.InputGradient(i));
            }
        }

        public override string ToString() => "Probe";
    }
}
