using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Softmax and its logarithm over channels and features: gradients against the double twins.</summary>
public class SoftmaxTests
{
    public static TheoryData<string> Shapes { get; } = ["7", "33", "3×4", "4×3×5", "2×1×1"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Output_and_gradients_are_the_twins(string shape)
    {
        Shape input = new([.. shape.Split('×').Select(int.Parse)]);
        Expect.Gradients(new Softmax(), input, TwinOf(input, logarithm: false));
        Expect.Gradients(new LogSoftmax(), input, TwinOf(input, logarithm: true));
        Assert.Equal(input, Expect.OutputShape(new Softmax(), input));
    }

    [Fact]
    public void One_is_not_the_other() =>
        Assert.False(new GradientCheck().Run(new Softmax(), new Shape(4, 2, 3), TwinOf(new Shape(4, 2, 3), logarithm: true)).Passed);

    [Fact]
    public void Behind_and_before_other_layers()
    {
        Shape input = new(2, 5, 6);
        foreach (bool logarithm in (bool[])[false, true])
        {
            Layer softmax = logarithm ? new LogSoftmax() : new Softmax();
            TwinChain before = new TwinChain(input).Conv(4, (3, 2)), after = new TwinChain(before.Shape).Linear(3);
            Twin twin = (images, inputs, parameters) =>
            {
                double[] z = before.Run(images, inputs[0], new([parameters[0], parameters[1]]));
                double[] p = ReferenceActivations.ChannelSoftmax(4, before.Shape.Length / 4, logarithm, z);
                return after.Run(images, p, new([parameters[2], parameters[3]]));
            };
            Sequential layers = new() { new Conv2d(4, (3, 2)), softmax, new Flatten(), new Linear(3) };
            Expect.Passed(new GradientCheck().Run(layers.Compile(input, Expect.ForCheck()), twin));
        }
    }

    [Fact]
    public void They_learn_nothing_and_are_written_by_name()
    {
        Network network = new Sequential { new Softmax(), new LogSoftmax() }.Compile(new Shape(4));
        Assert.Empty(network.Parameters);
        Assert.Equal(["softmax1: Softmax", "logsoftmax1: LogSoftmax"], network.Layers.Select(layer => $"{layer.Name}: {layer.Layer}"));
    }

    private static Twin TwinOf(Shape shape, bool logarithm) =>
        (_, inputs, _) => ReferenceActivations.ChannelSoftmax(shape[0], shape.Length / shape[0], logarithm, inputs[0]);
}
