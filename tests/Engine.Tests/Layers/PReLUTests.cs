using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>ReLU with learnt slopes: gradients against the double twin, for images and features.</summary>
public class PReLUTests
{
    public static TheoryData<string> Shapes { get; } = ["6", "3×4", "4×3×5"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Output_and_gradients_are_the_twins(string shape)
    {
        Shape input = new([.. shape.Split('×').Select(int.Parse)]);
        Expect.Gradients(new PReLU(), input, TwinOf(input.Length));
        Expect.Gradients(new PReLU { PerChannel = true }, input, TwinOf(input.Length / input[0]));
        Assert.Equal(input, Expect.OutputShape(new PReLU(), input));
    }

    [Fact]
    public void Slopes_of_other_rows_are_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new PReLU { PerChannel = true }, new Shape(4, 3, 5), TwinOf(5)).Passed);

    [Fact]
    public void First_in_a_network_its_slopes_are_learnt_all_the_same()
    {
        Shape input = new(3, 4, 5);
        Twin twin = TwinOf(20);
        Expect.Passed(new GradientCheck().Run(new Sequential { new PReLU { PerChannel = true } }.Compile(input, Expect.ForCheck()), twin));
    }

    [Fact]
    public void Parameters_are_the_slopes_and_begin_at_a_quarter()
    {
        PReLU one = new(), many = new() { PerChannel = true, FirstSlope = 0.1f };
        Expect.Parameters(one, new Shape(4, 3, 5), "weight 1");
        Expect.Parameters(many, new Shape(4, 3, 5), "weight 4");
        Assert.False(one.Weight!.Decays);
        one.Weight.Decays = true;
        Expect.OutputShape(one, new Shape(4, 3, 5)); // planned again, it keeps what the user set
        Assert.True(one.Weight.Decays);
        Assert.Equal([0.25f], one.Weight.Value.Span.ToArray());
        Assert.Equal([0.1f, 0.1f, 0.1f, 0.1f], many.Weight!.Value.Span.ToArray());
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("PReLU", new PReLU().ToString());
        Assert.Equal("PReLU(per channel)", new PReLU { PerChannel = true }.ToString());
        Assert.Equal("PReLU(from 0.1)", new PReLU { FirstSlope = 0.1f }.ToString());
        Assert.Equal("PReLU(per channel, from 0)", new PReLU { PerChannel = true, FirstSlope = 0 }.ToString());
    }

    private static Twin TwinOf(int rowLength) => (_, inputs, parameters) =>
        ReferenceActivations.ParametricRelu(rowLength, parameters[0], inputs[0], new double[inputs[0].Length]).Y;
}
