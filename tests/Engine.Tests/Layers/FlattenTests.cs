using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Flatten: nothing moves.</summary>
public class FlattenTests
{
    [Fact]
    public void Output_and_gradients_are_the_twins() => Expect.Gradients(new Flatten(), new Shape(2, 3, 5), (_, inputs, _) => inputs[0]);

    [Fact]
    public void First_in_a_network_it_is_the_same() => Expect.Gradients([new Flatten()], new TwinChain(new Shape(2, 3, 5)), new Shape(2, 3, 5));

    [Fact]
    public void The_output_is_one_row()
    {
        Assert.Equal(new Shape(30), Expect.OutputShape(new Flatten(), new Shape(2, 3, 5)));
        Assert.Equal(new Shape(7), Expect.OutputShape(new Flatten(), new Shape(7)));
    }

    [Fact]
    public void Nothing_is_learnt() => Expect.Parameters(new Flatten(), new Shape(2, 3, 5));

    [Fact]
    public void It_is_written_by_name() => Assert.Equal("Flatten", new Flatten().ToString());
}
