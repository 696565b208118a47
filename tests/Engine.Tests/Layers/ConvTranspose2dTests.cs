using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>The transposed convolution: gradients against the double twin, shapes, messages.</summary>
public class ConvTranspose2dTests
{
    /// <summary>Padding in numbers, also where the layer is told "same".</summary>
    private sealed record Case(
        string Name, Shape Input, Shape Output, Size2 Filter, ConvOptions Options, Size2 OutputPadding = default, bool Bias = true, bool Same = false);

    private static readonly Case[] Cases =
    [
        new("plain rectangle", new Shape(2, 4, 5), new Shape(3, 6, 6), (3, 2), new ConvOptions()),
        new("doubled by 2×2", new Shape(3, 3, 5), new Shape(2, 6, 10), 2, new ConvOptions { Stride = 2 }),
        new("stride larger than the filter", new Shape(2, 3, 4), new Shape(3, 8, 10), (2, 1), new ConvOptions { Stride = 3 }),
        new("output padding", new Shape(2, 4, 3), new Shape(4, 8, 8), (3, 2), new ConvOptions { Stride = (2, 3), Padding = new Padding(1, 1, 0, 1) }, (1, 1)),
        new("padding of each side", new Shape(2, 5, 4), new Shape(3, 4, 4), (3, 4), new ConvOptions { Padding = new Padding(1, 2, 0, 3) }),
        new("dilation", new Shape(2, 4, 3), new Shape(3, 11, 7), (3, 2), new ConvOptions { Stride = (2, 1), Dilation = (2, 4), Padding = new Padding(1, 0, 0, 0) }, (1, 0)),
        new("groups", new Shape(4, 3, 4), new Shape(6, 5, 5), (3, 2), new ConvOptions { Groups = 2 }),
        new("depthwise", new Shape(3, 4, 3), new Shape(3, 9, 7), 3, new ConvOptions { Stride = 2, Groups = 3 }),
        new("pointwise", new Shape(4, 3, 5), new Shape(6, 3, 5), 1, new ConvOptions()),
        new("no bias", new Shape(2, 3, 4), new Shape(3, 7, 5), (3, 2), new ConvOptions { Stride = (2, 1) }, Bias: false),
        new("same", new Shape(2, 4, 3), new Shape(3, 8, 9), (4, 5), new ConvOptions { Stride = (2, 3), Padding = new Padding(1, 1, 1, 1) }, Same: true),
        new("same with a small filter", new Shape(2, 3, 4), new Shape(2, 9, 12), (2, 3), new ConvOptions { Stride = 3 }, Same: true),
    ];

    public static TheoryData<string> CaseNames { get; } = [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Output_and_gradients_are_the_twins(string name)
    {
        Case c = Cases.Single(c => c.Name == name);
        Assert.Equal(c.Output, Expect.OutputShape(Make(c), c.Input));
        Expect.Gradients(Make(c), c.Input, TwinOf(c));
    }

    [Fact]
    public void An_activation_behind_it_is_joined()
    {
        Case c = Cases[1];
        foreach (ActivationLayer activation in (ActivationLayer[])[new ReLU(), new ELU(0.5f)])
        {
            Network network = new Sequential { Make(c), activation }.Compile(c.Input, Expect.ForCheck());
            Twin plain = TwinOf(c);
            Expect.Passed(new GradientCheck().Run(network, (images, inputs, parameters) =>
                ReferenceActivations.Forward(activation.Function, plain(images, inputs, parameters))));
        }
    }

    [Fact]
    public void Axes_of_the_filter_exchanged_are_not_the_twins()
    {
        Case c = Cases[1] with { Filter = 3, Output = new Shape(2, 7, 11) };
        Twin twin = TwinOf(c);
        Twin wrong = (images, inputs, parameters) => twin(images, inputs, [Turned(parameters[0]), parameters[1]]);
        Expect.Gradients(Make(c), c.Input, twin);
        Assert.False(new GradientCheck().Run(Make(c), c.Input, wrong).Passed);

        static double[] Turned(double[] w) => [.. w.Select((_, i) => w[(i / 9 * 9) + (i % 3 * 3) + (i % 9 / 3)])];
    }

    [Fact]
    public void It_undoes_the_size_of_the_convolution_it_transposes()
    {
        Sequential layers = new() { new Conv2d(4, 3, stride: 2, padding: 1), new ConvTranspose2d(2, 3, stride: 2, padding: 1, outputPadding: (1, 0)) };
        Assert.Equal(new Shape(2, 8, 9), layers.Compile(new Shape(2, 8, 9)).OutputShape);
    }

    [Fact]
    public void Parameters_are_filters_and_biases()
    {
        Expect.Parameters(new ConvTranspose2d(6, (5, 3), groups: 2), new Shape(4, 9, 9), "weight 4×3×5×3", "bias 6");
        Expect.Parameters(new ConvTranspose2d(6, 5) { HasBias = false }, new Shape(1, 8, 8), "weight 1×6×5×5");
    }

    [Fact]
    public void Multiply_adds_are_a_filter_for_each_pixel()
    {
        ConvTranspose2d layer = new(6, (5, 3), stride: 2, groups: 2);
        Assert.Equal(4L * 9 * 8 * 3 * 5 * 3, layer.MultiplyAdds(new Shape(4, 9, 8), Expect.OutputShape(layer, new Shape(4, 9, 8))));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Shape image = new(4, 5, 6);
        Refuse("input is 12; it must be an image, C×H×W", new ConvTranspose2d(6, 5), new Shape(12));
        Refuse("the number of output channels is 0; it must be at least 1", new ConvTranspose2d(0, 5), image);
        Refuse("the filter size is 5×0; both numbers must be at least 1", new ConvTranspose2d(6, (5, 0)), image);
        Refuse("stride is 0×1; both numbers must be at least 1", new ConvTranspose2d(6, 5, (0, 1)), image);
        Refuse("dilation is -1×-1; both numbers must be at least 1", new ConvTranspose2d(6, 5, dilation: -1), image);
        Refuse("groups is 0; it must be at least 1", new ConvTranspose2d(6, 5, groups: 0), image);
        Refuse("input has 4 channels, groups is 3; channels must divide by groups", new ConvTranspose2d(6, 5, groups: 3), image);
        Refuse("output has 6 channels, groups is 4; channels must divide by groups", new ConvTranspose2d(6, 5, groups: 4), image);
        Refuse("output padding is 2×0, stride 2×2; output padding must be at least 0 and less than the stride", new ConvTranspose2d(6, 5, 2, outputPadding: (2, 0)), image);
        Refuse("output padding is 0×-1, stride 2×2; output padding must be at least 0 and less than the stride", new ConvTranspose2d(6, 5, 2, outputPadding: (0, -1)), image);
        Refuse("output padding is 1×1, padding same, which settles the output's size; leave one of them out",
            new ConvTranspose2d(6, 5, 2, Padding.Same, outputPadding: 1), image);
        Refuse("the output would have -1 columns: padding of 8 cuts all of them off", new ConvTranspose2d(6, (3, 2), padding: new Padding(0, 0, 4, 4)), image);

        static void Refuse(string message, ConvTranspose2d layer, Shape input) => Expect.Refusal($"ConvTranspose2d \"convt1\": {message}", layer, input);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("ConvTranspose2d(6, 5×5)", new ConvTranspose2d(6, 5).ToString());
        Assert.Equal("ConvTranspose2d(6, 5×3, stride 2×1, padding 1, output padding 1×0, dilation 1×2, groups 3, no bias)",
            new ConvTranspose2d(6, (5, 3), (2, 1), 1, (1, 0), (1, 2), 3) { HasBias = false }.ToString());
    }

    private static ConvTranspose2d Make(Case c) =>
        new(c.Output[0], c.Filter, c.Options.Stride, c.Same ? Padding.Same : c.Options.Padding, c.OutputPadding, c.Options.Dilation, c.Options.Groups) { HasBias = c.Bias };

    private static Twin TwinOf(Case c) => (images, inputs, parameters) => ReferenceTransposedConvolution.Forward(
        images, (c.Input[0], c.Input[1], c.Input[2]), (c.Output[0], c.Output[1], c.Output[2]), c.Filter, c.Options,
        inputs[0], parameters[0], c.Bias ? parameters[1] : null);
}
