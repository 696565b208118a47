using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>The activations alone, and joined to a convolution or a fully connected layer: gradients against the double twins.</summary>
public class ActivationLayerTests
{
    private static readonly Shape Image = new(2, 6, 7);

    private static readonly string[] All = ["ReLU", "LeakyReLU", "Sigmoid", "Tanh", "ELU", "ScaledTanh"];

    public static TheoryData<string> Names { get; } = [.. All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Alone(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients(layer, Image, new TwinChain(Image).Activate(layer.Function).Twin);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void First_in_a_network(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients([layer], new TwinChain(Image).Activate(layer.Function), Image);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Behind_a_convolution(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients(
            [new Conv2d(4, (3, 2), stride: (1, 2)), layer],
            new TwinChain(Image).Conv(4, (3, 2), new ConvOptions { Stride = (1, 2) }).Activate(layer.Function), Image);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Behind_a_convolution_without_bias(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients(
            [new Conv2d(4, (2, 3)) { HasBias = false }, layer],
            new TwinChain(Image).Conv(4, (2, 3), bias: false).Activate(layer.Function), Image);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Behind_a_fully_connected_layer(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients([new Flatten(), new Linear(11), layer], new TwinChain(Image).Linear(11).Activate(layer.Function), Image);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Between_two_convolutions(string name)
    {
        ActivationLayer layer = Make(name);
        Expect.Gradients(
            [new Conv2d(4, 3), layer, new Conv2d(3, 2)],
            new TwinChain(Image).Conv(4, 3).Activate(layer.Function).Conv(3, 2), Image);
    }

    [Fact]
    public void Nothing_is_learnt_and_any_shape_is_taken()
    {
        foreach (string name in All)
            foreach (Shape shape in (Shape[])[new(5), new(3, 4), Image])
            {
                ActivationLayer layer = Make(name);
                Assert.Equal(shape, Expect.OutputShape(layer, shape));
                Assert.Empty(layer.Parameters);
            }
    }

    [Fact]
    public void A_negative_slope_is_refused() => Expect.Throws<ArgumentException>("the slope is -0.5; it must be 0 or more",
        () => _ = new LeakyReLU(-0.5f));

    [Fact]
    public void A_negative_alpha_is_refused() => Expect.Throws<ArgumentException>("alpha is -1; it must be 0 or more", () => _ = new ELU(-1));

    [Fact]
    public void They_are_written_by_name_and_slope()
    {
        Assert.Equal(["ReLU", "LeakyReLU(0.2)", "Sigmoid", "Tanh", "ELU(0.7)", "ScaledTanh"], All.Select(name => Make(name).ToString()));
        Network network = new Sequential { new Flatten(), new Linear(3), new ReLU(), new Linear(3), new ReLU(), new LeakyReLU(), new ELU(), new ScaledTanh() }.Compile(new Shape(4));
        Assert.Equal(["flatten1", "fc1", "relu1", "fc2", "relu2", "leakyrelu1", "elu1", "scaledtanh1"], network.Layers.Select(layer => layer.Name));
    }

    private static ActivationLayer Make(string name) => name switch
    {
        "ReLU" => new ReLU(),
        "LeakyReLU" => new LeakyReLU(0.2f),
        "Sigmoid" => new Sigmoid(),
        "ELU" => new ELU(0.7f),
        "ScaledTanh" => new ScaledTanh(),
        _ => new Tanh(),
    };
}
