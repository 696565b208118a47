using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>The fully connected layer: gradients against the double twin, shapes, messages.</summary>
public class LinearTests
{
    [Theory]
    [InlineData(5, 7, true)]
    [InlineData(33, 10, true)]
    [InlineData(16, 1, true)]
    [InlineData(1, 3, true)]
    [InlineData(40, 6, false)]
    public void Output_and_gradients_are_the_twins(int inputs, int outputs, bool bias)
    {
        Shape input = new(inputs);
        Expect.Gradients(new Linear(outputs) { HasBias = bias }, input, new TwinChain(input).Linear(outputs, bias).Twin);
    }

    [Fact]
    public void Parameters_are_weights_and_biases()
    {
        Expect.Parameters(new Linear(10), new Shape(84), "weight 10×84", "bias 10");
        Expect.Parameters(new Linear(10) { HasBias = false }, new Shape(84), "weight 10×84");
    }

    [Fact]
    public void Multiply_adds_are_inputs_times_outputs() => Assert.Equal(840, new Linear(10).MultiplyAdds(new Shape(84), new Shape(10)));

    [Fact]
    public void An_image_is_refused_and_Flatten_recommended()
    {
        Expect.Refusal("Linear \"fc1\": input is 2×3×4; it must be one row of features: put a Flatten before it", new Linear(10), new Shape(2, 3, 4));
        Expect.Refusal("Linear \"head\": the number of outputs is 0; it must be at least 1", new Linear(0) { Name = "head" }, new Shape(84));
    }

    [Fact]
    public void It_is_written_with_its_outputs()
    {
        Assert.Equal("Linear(120)", new Linear(120).ToString());
        Assert.Equal("Linear(120, no bias)", new Linear(120) { HasBias = false }.ToString());
    }
}
