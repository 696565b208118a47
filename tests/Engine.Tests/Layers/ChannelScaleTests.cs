using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Channels scaled by numbers that the network computes.</summary>
public class ChannelScaleTests
{
    private static readonly Shape Image = new(4, 3, 5);

    private static readonly Twin Twin = (_, inputs, _) => ReferenceScaling.Forward(15, inputs[0], inputs[1]);

    [Fact]
    public void Output_and_both_gradients_are_the_twins()
    {
        Expect.Passed(new GradientCheck().Run(new ChannelScale(), [Image, new Shape(4)], Twin));
        Expect.Passed(new GradientCheck().Run(new ChannelScale(), [Image, new Shape(4, 1, 1)], Twin));
    }

    [Fact]
    public void Another_function_is_not_the_twins()
    {
        Twin wrong = (_, inputs, _) => ReferenceScaling.Forward(5, inputs[0], [.. inputs[1], .. inputs[1], .. inputs[1]]);
        Assert.False(new GradientCheck().Run(new ChannelScale(), [Image, new Shape(4)], wrong).Passed);
    }

    [Fact]
    public void A_squeeze_and_excitation_block_learns_through_it()
    {
        Graph graph = new();
        Value image = graph.Add(new Conv2d(4, 3), graph.Input);
        Value squeezed = graph.Add(new Conv2d(2, 1), graph.Add(new GlobalMeanPool2d(), image));
        Value scales = graph.Add(new Sigmoid(), graph.Add(new Conv2d(4, 1), graph.Add(new Tanh(), squeezed)));
        graph.Add(new ChannelScale(), image, scales);
        Expect.Passed(new GradientCheck().Run(graph.Compile(new Shape(2, 6, 7), Expect.ForCheck())));
    }

    [Fact]
    public void Scales_of_another_shape_are_refused()
    {
        Expect.Throws<ArgumentException>("ChannelScale \"scale1\": the scales are 1×4×6, the image is 4×4×6; they must be 4 or 4×1×1", () => Compile(new Conv2d(1, 1)));
        Expect.Throws<ArgumentException>("ChannelScale \"scale1\": the scales are 96, the image is 4×4×6; they must be 4 or 4×1×1", () => Compile(new Flatten()));

        static void Compile(Layer scales)
        {
            Graph graph = new();
            graph.Add(new ChannelScale(), graph.Input, graph.Add(scales, graph.Input));
            graph.Compile(new Shape(4, 4, 6));
        }
    }

    [Fact]
    public void It_is_written_by_name_and_learns_nothing_itself()
    {
        Assert.Equal("ChannelScale", new ChannelScale().ToString());
        Assert.Empty(new ChannelScale().Parameters);
    }
}
