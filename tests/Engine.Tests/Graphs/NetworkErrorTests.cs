using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>What cannot be built or run is refused, and the message says what is wrong.</summary>
public class NetworkErrorTests
{
    private static readonly Shape Image = new(1, 6, 7);

    [Fact]
    public void Graphs_that_cannot_be()
    {
        Assert.StartsWith("the network has no layers", Refused(() => new Sequential().Compile(Image)), StringComparison.Ordinal);
        Assert.Equal("two layers are named \"twin\"; names must differ",
            Refused(() => new Sequential { new ReLU { Name = "twin" }, new Tanh { Name = "twin" } }.Compile(Image)));
        Assert.Equal("two layers are named \"relu2\"; names must differ",
            Refused(() => new Sequential { new Tanh { Name = "relu2" }, new ReLU(), new ReLU() }.Compile(Image)));
        Assert.Equal("two layers are named \"input\"; names must differ", Refused(() => new Sequential { new ReLU { Name = "input" } }.Compile(Image)));
        Assert.Equal("the batch size is 0; it must be at least 1", Refused(() => new Sequential { new ReLU() }.Compile(Image, new NetworkOptions { BatchSize = 0 })));
    }

    [Fact]
    public void A_value_that_nobody_reads()
    {
        Graph graph = new();
        graph.Add(new Conv2d(2, 3) { Name = "dead end" }, graph.Input);
        graph.Add(new ReLU(), graph.Input);
        Assert.Equal("nothing reads the output of \"dead end\"; only the last layer's may be left unread", Refused(() => graph.Compile(Image)));
    }

    [Fact]
    public void A_layer_in_two_places()
    {
        ReLU layer = new();
        Assert.StartsWith("ReLU is in the graph already; make a layer for each place", Refused(() => new Sequential { layer, layer }.Compile(Image)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_of_another_graph()
    {
        Graph graph = new(), other = new();
        Value foreign = other.Add(new ReLU(), other.Input);
        Assert.StartsWith("input 0 of Tanh belongs to another graph", Refused(() => graph.Add(new Tanh(), foreign)), StringComparison.Ordinal);
        Assert.StartsWith("input 1 of Add belongs to another graph", Refused(() => graph.Add(new Add(), graph.Input, foreign)), StringComparison.Ordinal);
        Assert.StartsWith("input 0 of Tanh belongs to another graph", Refused(() => graph.Add(new Tanh(), default(Value))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_with_too_many_inputs()
    {
        Graph graph = new();
        Assert.StartsWith("ReLU reads 1 values, not 2", Refused(() => graph.Add(new ReLU(), graph.Input, graph.Input)), StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_that_do_not_fit()
    {
        Network network = Make();
        Loss loss = new CrossEntropy();
        TensorDataset data = Some.Images(9, Image, 4), narrow = Some.Images(9, new Shape(1, 6, 6), 4);
        Assert.StartsWith("random has images of 1×6×6, the network takes 1×6×7", Refused(() => network.Evaluate(narrow, [0], loss)), StringComparison.Ordinal);
        Assert.StartsWith("9 images were given; the network was compiled for 1 to 8", Refused(() => network.Backpropagate(data, Some.Indices(9), loss)), StringComparison.Ordinal);
        Assert.StartsWith("0 images were given; the network was compiled for 1 to 8", Refused(() => network.Evaluate(data, [], loss)), StringComparison.Ordinal);
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

    private static string Refused(Action action) => Assert.Throws<ArgumentException>(action).Message;
}
