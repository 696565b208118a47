using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Convolution by a table of connections: gradients against a dense twin with zeros, the counts of the paper, messages.</summary>
public class TableConv2dTests
{
    private static readonly ConnectionTable Small = new(3, [0], [1, 2], [0, 1, 2], [0, 2]);

    [Fact]
    public void Output_and_gradients_are_the_twins()
    {
        Expect.Gradients(new TableConv2d(Small, (3, 2)), new Shape(3, 6, 7), TwinOf(Small, new Shape(3, 6, 7), (3, 2), new ConvOptions()));
        ConvOptions options = new() { Stride = (2, 1), Padding = new Padding(1, 0, 2, 1) };
        Expect.Gradients(new TableConv2d(Small, (2, 4), (2, 1), options.Padding) { HasBias = false }, new Shape(3, 5, 6),
            TwinOf(Small, new Shape(3, 5, 6), (2, 4), options, bias: false));
        Expect.Gradients(new TableConv2d(ConnectionTable.LeNet5, 5), new Shape(6, 6, 7), TwinOf(ConnectionTable.LeNet5, new Shape(6, 6, 7), 5, new ConvOptions()));
    }

    [Fact]
    public void Another_table_is_not_the_twins()
    {
        ConnectionTable other = new(3, [1], [1, 2], [0, 1, 2], [0, 2]);
        Assert.False(new GradientCheck().Run(new TableConv2d(Small, 2), new Shape(3, 4, 5), TwinOf(other, new Shape(3, 4, 5), 2, new ConvOptions())).Passed);
    }

    [Fact]
    public void Behind_and_before_other_layers()
    {
        Shape input = new(2, 6, 8);
        TwinChain before = new TwinChain(input).Conv(3, (3, 2)).Activate(Activation.Tanh);
        Twin table = TwinOf(Small, before.Shape, 2, new ConvOptions());
        Twin twin = (images, inputs, parameters) => ReferenceActivations.Forward(Activation.Relu,
            table(images, [before.Run(images, inputs[0], new([parameters[0], parameters[1]]))], [parameters[2], parameters[3]]));
        Sequential layers = new() { new Conv2d(3, (3, 2)), new Tanh(), new TableConv2d(Small, 2), new ReLU() };
        Expect.Passed(new GradientCheck().Run(layers.Compile(input, Expect.ForCheck()), twin));
    }

    [Fact]
    public void LeNet_5s_third_layer_has_1516_parameters_and_151600_connections()
    {
        TableConv2d layer = new(ConnectionTable.LeNet5, 5);
        Network network = new Sequential { layer }.Compile(new Shape(6, 14, 14));
        Assert.Equal(new Shape(16, 10, 10), network.OutputShape);
        Assert.Equal(1516, layer.Parameters.Sum(p => p.Shape.Length));
        // The paper counts each weight and bias once a pixel.
        Assert.Equal(151_600, layer.MultiplyAdds(new Shape(6, 14, 14), network.OutputShape) + (16 * 10 * 10));
        Expect.Parameters(new TableConv2d(Small, (3, 2)) { HasBias = false }, new Shape(3, 6, 7), "weight 8×3×2");
    }

    [Fact]
    public void LeNet_5s_table_is_the_papers()
    {
        // Table I: a row for each of the six maps of S2, a column for each of the sixteen of C3.
        string[] paper =
        [
            "X...XXX..XXXX.XX",
            "XX...XXX..XXXX.X",
            "XXX...XXX..X.XXX",
            ".XXX..XXXX..X.XX",
            "..XXX..XXXX.XX.X",
            "...XXX..XXXX.XXX",
        ];
        ConnectionTable table = ConnectionTable.LeNet5;
        Assert.Equal((6, 16, 60), (table.Inputs, table.Outputs, table.Connections));
        for (int input = 0; input < 6; input++)
            Assert.Equal(paper[input], string.Concat(Enumerable.Range(0, 16).Select(output => table[output, input] ? 'X' : '.')));
        Assert.False(table[0, 6]);
        Assert.False(table[1, -6]);
    }

    [Fact]
    public void Tables_are_values()
    {
        Assert.Equal(new ConnectionTable(3, [0], [1, 2]), new ConnectionTable(3, [0], [1, 2]));
        Assert.Equal(new ConnectionTable(3, [0], [1, 2]).GetHashCode(), new ConnectionTable(3, [0], [1, 2]).GetHashCode());
        Assert.NotEqual(new ConnectionTable(3, [0], [1, 2]), new ConnectionTable(3, [0], [0, 2]));
        Assert.NotEqual(new ConnectionTable(3, [0], [1, 2]), new ConnectionTable(4, [0], [1, 2]));
        Assert.False(new ConnectionTable(3, [0]).Equals(null));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Throws<ArgumentException>("the number of inputs is 0; it must be at least 1", () => _ = new ConnectionTable(0, [0]));
        Expect.Throws<ArgumentException>("the table has no outputs; it must have at least 1", () => _ = new ConnectionTable(3));
        Expect.Throws<ArgumentException>("output 1 has no inputs; it must have at least 1", () => _ = new ConnectionTable(3, [0], []));
        Expect.Throws<ArgumentException>("output 1 has input 3 after 1; inputs are 0 to 2, rising", () => _ = new ConnectionTable(3, [0], [1, 3]));
        Expect.Throws<ArgumentException>("output 0 has input 1 after 1; inputs are 0 to 2, rising", () => _ = new ConnectionTable(3, [1, 1]));
        Expect.Throws<ArgumentException>("output 0 has input -1; inputs are 0 to 2, rising", () => _ = new ConnectionTable(3, [-1]));
        Expect.Refusal("TableConv2d \"conv1\": input has 5 channels; the table is for 6", new TableConv2d(ConnectionTable.LeNet5, 5), new Shape(5, 14, 14));
        Expect.Refusal("TableConv2d \"conv1\": the window spans 5 rows, the padded image has 4; the window must fit into the image",
            new TableConv2d(ConnectionTable.LeNet5, 5), new Shape(6, 4, 14));
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("TableConv2d(60 of 6×16, 5×5)", new TableConv2d(ConnectionTable.LeNet5, 5).ToString());
        Assert.Equal("TableConv2d(8 of 3×4, 3×2, stride 2×1, padding same, no bias)",
            new TableConv2d(Small, (3, 2), (2, 1), Padding.Same) { HasBias = false }.ToString());
    }

    private static Twin TwinOf(ConnectionTable table, Shape input, Size2 filter, ConvOptions options, bool bias = true) => (images, inputs, parameters) =>
    {
        int area = filter.Height * filter.Width, weight = 0;
        double[] dense = new double[table.Outputs * table.Inputs * area];
        for (int i = 0; i < dense.Length; i++)
            if (table[i / area / table.Inputs, i / area % table.Inputs]) dense[i] = parameters[0][weight++];
        ConvShape shape = new(images, input[0], (input[1], input[2]), table.Outputs, filter, options);
        return ReferenceConvolution.Forward(shape, inputs[0], dense, bias ? parameters[1] : null);
    };
}
