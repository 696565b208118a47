using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Values joined along their channels.</summary>
public class ConcatTests
{
    public static TheoryData<Shape[]> Inputs { get; } =
    [
        [new Shape(2, 3, 5), new Shape(4, 3, 5)],
        [new Shape(1, 4, 3), new Shape(3, 4, 3), new Shape(2, 4, 3), new Shape(5, 4, 3)],
        [new Shape(7), new Shape(4), new Shape(1)],
        [new Shape(2, 3, 5)],
    ];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Output_and_gradients_are_the_twins(Shape[] inputs) =>
        Expect.Passed(new GradientCheck().Run(new Concat(inputs.Length), inputs, Twin(inputs)));

    [Fact]
    public void Another_order_is_not_the_twins()
    {
        Shape[] inputs = [new Shape(2, 3, 5), new Shape(2, 3, 5)];
        Twin wrong = (images, values, parameters) => Twin(inputs)(images, [values[1], values[0]], parameters);
        Assert.False(new GradientCheck().Run(new Concat(), inputs, wrong).Passed);
    }

    [Fact]
    public void Branches_of_a_network_learn_through_it()
    {
        Graph graph = new();
        Value trunk = graph.Add(new Conv2d(3, 1), graph.Input);
        Value joined = graph.Add(new Concat(3), graph.Add(new Conv2d(2, 3, padding: 1), trunk), trunk, graph.Add(new MaxPool2d(3, 1, 1), trunk));
        Assert.Equal(new Shape(8, 5, 6), graph.Compile(new Shape(2, 5, 6)).OutputShape);
        graph.Add(new Conv2d(2, 1), joined);
        Expect.Passed(new GradientCheck().Run(graph.Compile(new Shape(2, 5, 6), Expect.ForCheck())));
    }

    [Fact]
    public void What_cannot_be_joined_is_refused()
    {
        Expect.Throws<ArgumentException>("the number of values to join is 0; it must be at least 1", () => _ = new Concat(0));
        Expect.Throws<ArgumentException>("Concat(3) reads 3 values, not 1", () => new Sequential { new Concat(3) }.Compile(new Shape(1, 2, 3)));
        Graph graph = new();
        graph.Add(new Concat(), graph.Input, graph.Add(new MaxPool2d((1, 2)), graph.Input));
        Expect.Throws<ArgumentException>("Concat \"concat1\": input 0 is 3×5×6, input 1 is 3×5×3; they must agree in all but the channels",
            () => graph.Compile(new Shape(3, 5, 6)));
        graph = new Graph();
        graph.Add(new Concat(), graph.Input, graph.Add(new Flatten(), graph.Input));
        Expect.Throws<ArgumentException>("Concat \"concat1\": input 0 is 3×5×6, input 1 is 90; they must agree in all but the channels",
            () => graph.Compile(new Shape(3, 5, 6)));
    }

    [Fact]
    public void It_is_written_with_the_number_of_its_inputs()
    {
        Assert.Equal("Concat", new Concat().ToString());
        Assert.Equal("Concat(4)", new Concat(4).ToString());
    }

    private static Twin Twin(Shape[] shapes) => (images, inputs, _) =>
        [.. from n in Enumerable.Range(0, images)
            from i in Enumerable.Range(0, shapes.Length)
            from value in inputs[i].Skip(n * shapes[i].Length).Take(shapes[i].Length)
            select value];
}
