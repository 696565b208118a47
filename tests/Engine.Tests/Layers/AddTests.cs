using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>The sum of two values.</summary>
public class AddTests
{
    [Fact]
    public void Output_and_gradients_are_the_twins()
    {
        Shape shape = new(2, 3, 5);
        Expect.Passed(new GradientCheck().Run(new Add(), [shape, shape], (_, inputs, _) => [.. inputs[0].Zip(inputs[1], (a, b) => a + b)]));
    }

    [Fact]
    public void Unequal_shapes_are_refused()
    {
        Graph graph = new();
        Value narrow = graph.Add(new Conv2d(3, 3), graph.Input);
        Value wide = graph.Add(new Conv2d(4, 3), graph.Input);
        graph.Add(new Add(), narrow, wide);
        Expect.Throws<ArgumentException>("Add \"add1\": inputs are 3×5×6 and 4×5×6; they must have one shape",
            () => graph.Compile(new Shape(1, 7, 8)));
    }

    [Fact]
    public void One_value_is_refused()
    {
        Graph graph = new();
        Expect.Throws<ArgumentException>("Add reads 2 values, not 1", () => graph.Add(new Add(), graph.Input));
    }

    [Fact]
    public void Nothing_is_learnt() => Assert.Empty(new Add().Parameters);

    [Fact]
    public void It_is_written_by_name() => Assert.Equal("Add", new Add().ToString());
}
