using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Swish and its straight-lined form: gradients against the double twins, alone and in a network.</summary>
public class SwishTests
{
    private static readonly Shape Image = new(2, 5, 7);

    private static readonly GradientCheck Wide = new() { InputRange = (-5, 5) };

    [Fact]
    public void Output_and_gradients_are_the_twins()
    {
        Expect.Passed(Wide.Run(new Swish(), Image, Of(ReferenceActivations.Swish)));
        Expect.Passed(Wide.Run(new HardSwish(), Image, Of(ReferenceActivations.HardSwish)));
    }

    [Fact]
    public void One_is_not_the_other()
    {
        Assert.False(Wide.Run(new Swish(), Image, Of(ReferenceActivations.HardSwish)).Passed);
        Assert.False(Wide.Run(new HardSwish(), Image, Of(ReferenceActivations.Swish)).Passed);
    }

    [Fact]
    public void Between_layers_the_input_is_kept()
    {
        Sequential layers = new() { new Conv2d(3, 2), new Swish(), new HardSwish(), new Conv2d(2, 3) };
        TwinChain before = new TwinChain(Image).Conv(3, 2), after = new TwinChain(before.Shape).Conv(2, 3);
        Twin twin = (images, inputs, parameters) =>
        {
            double[] z = before.Run(images, inputs[0], new([parameters[0], parameters[1]]));
            return after.Run(images, Array.ConvertAll(z, x => ReferenceActivations.HardSwish(ReferenceActivations.Swish(x))), new([parameters[2], parameters[3]]));
        };
        Expect.Passed(new GradientCheck().Run(layers.Compile(Image, Expect.ForCheck()), twin));
    }

    [Fact]
    public void Nothing_is_learnt_and_any_shape_is_taken()
    {
        foreach (Shape shape in (Shape[])[new(5), new(3, 4), Image])
            foreach (Layer layer in (Layer[])[new Swish(), new HardSwish()])
            {
                Assert.Equal(shape, Expect.OutputShape(layer, shape));
                Assert.Empty(layer.Parameters);
            }
    }

    [Fact]
    public void They_are_written_by_name()
    {
        Assert.Equal(["Swish", "HardSwish"], ((Layer[])[new Swish(), new HardSwish()]).Select(layer => layer.ToString()));
        Assert.Equal(["swish1", "hardswish1"], new Sequential { new Swish(), new HardSwish() }.Compile(new Shape(3)).Layers.Select(layer => layer.Name));
    }

    private static Twin Of(Func<double, double> f) => (_, inputs, _) => Array.ConvertAll(inputs[0], x => f(x));
}
