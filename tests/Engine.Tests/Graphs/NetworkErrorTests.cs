using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>What cannot be built or run is refused, and the message says what is wrong.</summary>
public class NetworkErrorTests
{
    private static readonly Shape Image = new(1, 6, 7);

    [Fact]
    public void Graphs_that_cannot_be()
    {
        Refused("the network has no layers", () => new Sequential().Compile(Image));
        Refused("two layers are named \"twin\"; names must differ",
            () => new Sequential { new ReLU { Name = "twin" }, new Tanh { Name = "twin" } }.Compile(Image));
        Refused("two layers are named \"relu2\"; names must differ",
            () => new Sequential { new Tanh { Name = "relu2" }, new ReLU(), new ReLU() }.Compile(Image));
        Refused("two layers are named \"input\"; names must differ", () => new Sequential { new ReLU { Name = "input" } }.Compile(Image));
        Refused("the batch size is 0; it must be at least 1",
            () => new Sequential { new ReLU() }.Compile(Image, new NetworkOptions { BatchSize = 0 }));
    }

    [Fact]
    public void A_value_that_nobody_reads()
    {
        Graph graph = new();
        graph.Add(new Conv2d(2, 3) { Name = "dead end" }, graph.Input);
        graph.Add(new ReLU(), graph.Input);
        Refused("nothing reads the output of \"dead end\"; only the last layer's may be left unread, or one that is made an output", () => graph.Compile(Image));
    }

    [Fact]
    public void A_layer_in_two_places()
    {
        ReLU layer = new();
        Refused("ReLU is in the graph already; make a layer for each place", () => new Sequential { layer, layer }.Compile(Image));
    }

    [Fact]
    public void A_value_of_another_graph()
    {
        Graph graph = new(), other = new();
        Value foreign = other.Add(new ReLU(), other.Input);
        Refused("input 0 of Tanh belongs to another graph", () => graph.Add(new Tanh(), foreign));
        Refused("input 1 of Add belongs to another graph", () => graph.Add(new Add(), graph.Input, foreign));
        Refused("input 0 of Tanh belongs to another graph", () => graph.Add(new Tanh(), default(Value)));
    }

    [Fact]
    public void A_layer_with_too_many_inputs()
    {
        Graph graph = new();
        Refused("ReLU reads 1 values, not 2", () => graph.Add(new ReLU(), graph.Input, graph.Input));
    }

    [Fact]
    public void Batches_that_do_not_fit()
    {
        Network network = Make();
        Loss loss = new CrossEntropy();
        TensorDataset data = Some.Images(9, Image, 4), narrow = Some.Images(9, new Shape(1, 6, 6), 4);
        Refused("random has images of 1×6×6, the network takes 1×6×7", () => network.Evaluate(narrow, [0], loss));
        Refused("9 images were given; the network was compiled for 1 to 8", () => network.Backpropagate(data, Some.Indices(9), loss));
        Refused("0 images were given; the network was compiled for 1 to 8", () => network.Evaluate(data, [], loss));
        Assert.Throws<ArgumentNullException>(() => network.Evaluate(null!, [0], loss));
        Assert.Throws<ArgumentNullException>(() => network.Evaluate(data, [0], null!));
    }

    [Fact]
    public void A_label_that_is_no_output_is_named_and_the_network_lives_on()
    {
        Network network = new Sequential { new Flatten(), new Linear(4) }.Compile(Image, new NetworkOptions { BatchSize = 40 });
        TensorDataset wrong = new("wrong", Tensor.Zeros(Image.Prepend(40)), [.. Enumerable.Repeat(1, 39), 4], 5), right = Some.Images(40, Image, 4);
        foreach (Loss loss in (Loss[])[new CrossEntropy(), new HalfSquaredError()])
        {
            BatchResult before = network.Backpropagate(right, Some.Indices(40), loss);
            ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => network.Backpropagate(wrong, Some.Indices(40), loss));
            Assert.Contains("is 4; the classes are 0 to 3", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, network.Backpropagate(right, Some.Indices(40), loss));
        }
    }

    [Fact]
    public void An_image_that_is_not_there()
    {
        Network network = Make();
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Evaluate(Some.Images(9, Image, 4), [9], new CrossEntropy()));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Evaluate(Some.Images(9, Image, 4), [-1], new CrossEntropy()));
    }

    private static Network Make() => new Sequential { new Flatten(), new Linear(4) }.Compile(Image, new NetworkOptions { BatchSize = 8 });

    private static void Refused(string message, Action action) => Expect.Throws<ArgumentException>(message, action);
}
