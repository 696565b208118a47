using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.PyTorch;

namespace CnnEngine.Tests.Analysis;

/// <summary>Both recurrences and the gradient of the running network agree: sizes, centres, jumps.</summary>
public class ReceptiveFieldsTests
{
    public static TheoryData<string> Networks => [.. All.Keys];

    public static TheoryData<string> Cases => [.. LayerCases.All.Select(one => one.Name)];

    private static readonly Dictionary<string, (Func<Graph> Graph, Shape Input, string Expected)> All = new()
    {
        ["one 5×5"] = (Chain(new Conv2d(2, 5)), new Shape(2, 11, 12), "5×5, jump 1×1, centre 2×2"),
        ["two 3×3"] = (Chain(new Conv2d(2, 3), new ReLU(), new Conv2d(2, 3)), new Shape(2, 11, 12), "5×5, jump 1×1, centre 2×2"),
        ["three 3×3"] = (Chain(Conv(3, 1), Conv(3, 1), Conv(3, 1)), new Shape(2, 15, 16), "7×7, jump 1×1, centre 0×0"),
        ["rectangles, stride and dilation"] = (
            Chain(new Conv2d(3, (3, 2), stride: (2, 1), dilation: (1, 3)), new Sigmoid(), new Conv2d(2, (1, 4), stride: (1, 2))),
            new Shape(1, 19, 21), "3×7, jump 2×2, centre 1×3"),
        ["even filters, the extra padding to the bottom and right"] = (
            Chain(new Conv2d(2, (4, 2), padding: Padding.Same), new Tanh(), new Conv2d(2, (2, 6), padding: Padding.Same)),
            new Shape(1, 15, 17), "5×7, jump 1×1, centre 1×1"),
        ["groups"] = (Chain(new Conv2d(4, 3, groups: 2), new Conv2d(4, 3, groups: 4)), new Shape(2, 9, 9), "5×5, jump 1×1, centre 2×2"),
        ["overlapping max pooling"] = (Chain(Conv(3, 1), new ReLU(), new MaxPool2d(3, 2), new MaxPool2d((2, 3), (1, 2))), new Shape(2, 24, 25), "7×9, jump 2×4, centre 2×3"),
        ["mean pooling"] = (Chain(new MeanPool2d((2, 3)), Conv(3, 1)), new Shape(1, 20, 24), "6×9, jump 2×3, centre 0.5×1"),
        ["LeNet-5"] = (Chain([.. LeNetModel.Modern().Take(6)]), LeNetModel.Image, "16×16, jump 4×4, centre 5.5×5.5"),
        // Araujo et al., 2019: AlexNet 195, VGG-16 212.
        ["AlexNet"] = (AlexNet, new Shape(1, 259, 259), "195×195, jump 32×32, centre 33×33"),
        ["VGG-16"] = (Vgg, new Shape(1, 224, 224), "212×212, jump 32×32, centre 15.5×15.5"),
        ["residual blocks"] = (Residual, new Shape(2, 25, 26), "11×11, jump 2×2, centre 0×0"),
        ["paths of several sizes"] = (Inception, new Shape(2, 17, 18), "7×5, jump 1×1, centre 0×0"),
        ["fully connected"] = (Chain(new Conv2d(2, 3), new Flatten(), new ReLU(), new Linear(4), new Linear(3)), new Shape(1, 7, 9), "7×9, jump 1×1, centre 3×4"),
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void All_three_ways_agree(string network)
    {
        (Func<Graph> graph, Shape input, string expected) = All[network];
        ReceptiveField field = ReceptiveFields.BottomUp(graph(), input);
        Assert.Equal(expected, $"{field}");
        Shape output = graph().Compile(input, new NetworkOptions { Training = false, BatchSize = 1 }).OutputShape;
        (int row, int column) = output.Rank == 3 ? (output[1] / 2, output[2] / 2) : (0, 0);

        PixelBox box = ReceptiveFields.TopDown(graph(), input, row, column);
        Assert.Equal((field.Rows.Size, field.Columns.Size), (box.Height, box.Width));
        Assert.Equal(field.Rows.Centre + (row * field.Rows.Jump), box.Top + ((box.Height - 1) / 2.0));
        Assert.Equal(field.Columns.Centre + (column * field.Columns.Jump), box.Left + ((box.Width - 1) / 2.0));
        Assert.True(box is { Top: >= 0, Left: >= 0 } && box.Top + box.Height <= input[1] && box.Left + box.Width <= input[2], $"{box} is not inside the image");
        Assert.Equal(box, ReceptiveFields.Measure(graph(), input, row, column));
    }

    [Fact]
    public void What_lies_in_the_padding_is_seen_but_does_not_count()
    {
        Graph graph = Chain(Conv(3, 1), Conv(5, 2))();
        Shape input = new(2, 9, 9);
        Assert.Equal(new PixelBox(-3, 5, 7, 7), ReceptiveFields.TopDown(graph, input, 0, 8));
        Assert.Equal(new PixelBox(0, 5, 4, 4), ReceptiveFields.Measure(graph, input, 0, 8));
    }

    // A filter of 4 (5) taps and stride 2 (3): a place of the output sees 2 pixels (1 or 2); a 3×3 filter on that, ⌈6/2⌉ (7/3 on average).
    [Fact]
    public void Of_finer_outputs_the_size_is_the_mean_of_the_places()
    {
        Layer[] layers = [new Conv2d(2, 3), new ConvTranspose2d(1, (4, 5), stride: (2, 3), padding: 1), new Conv2d(1, 3)];
        Shape input = new(1, 14, 15);
        ReceptiveField field = ReceptiveFields.BottomUp(Some.Chain(layers), input);
        Assert.Equal((5, 0.5), (field.Rows.Size, field.Rows.Jump));
        Assert.Equal(2 + (7.0 / 3), field.Columns.Size, 12);
        Assert.Equal(1.0 / 3, field.Columns.Jump, 12);
        List<PixelBox> boxes = [];
        for (int row = 8; row < 10; row++)
            for (int column = 9; column < 12; column++)
            {
                boxes.Add(ReceptiveFields.TopDown(Some.Chain(layers), input, row, column));
                Assert.Equal(boxes[^1], ReceptiveFields.Measure(Some.Chain(layers), input, row, column));
            }
        Assert.Equal(field.Rows.Size, boxes.Average(box => box.Height), 12);
        Assert.Equal(field.Columns.Size, boxes.Average(box => box.Width), 12);
        Assert.Equal(field.Rows.Centre + (8.5 * field.Rows.Jump), boxes.Average(box => box.Top + ((box.Height - 1) / 2.0)), 12);
        Assert.Equal(field.Columns.Centre + (10 * field.Columns.Jump), boxes.Average(box => box.Left + ((box.Width - 1) / 2.0)), 12);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_layer_reaches_as_far_as_its_gradient(string name)
    {
        object made = LayerCases.All.Single(one => one.Name == name).Make();
        Sequential layers = made as Sequential ?? [];
        // A softmax's sum does not depend on anything, nor does an image that stochastic depth drops.
        if (made is Layer { InputCount: 1 } layer and not (SoftmaxLayer or StochasticDepth)) layers.Add(layer);
        Shape input = GoldenFiles.All[name]["input"].Shape.DropFirst();
        if (!layers.Any() || input.Rank != 3) return;
        Graph graph = layers.ToGraph();
        Shape output = graph.Compile(input, new NetworkOptions { BatchSize = 1 }).OutputShape;
        int[] rows = output.Rank == 3 ? [0, output[1] / 2, output[1] - 1] : [0], columns = output.Rank == 3 ? [0, output[2] / 2, output[2] - 1] : [0];
        bool isTight = false;
        foreach ((int row, int column) in rows.SelectMany(row => columns.Select(column => (row, column))))
        {
            PixelBox seen = Clip(ReceptiveFields.TopDown(graph, input, row, column), input), measured;
            try
            {
                measured = ReceptiveFields.Measure(graph, input, row, column);
            }
            catch (InvalidOperationException)
            {
                return; // normalisation subtracts
            }
            Assert.True(measured.Height == 0 || measured == Clip(measured, seen), $"place {row}, {column}: {measured} is not inside of {seen}");
            isTight |= measured == seen;
        }
        // Dilated taps over spread pixels may all miss the outermost ones.
        Footprint reach = layers.First().Reach(input, output);
        Assert.True(isTight || reach is { Rows: { Spread: > 1, Dilation: > 1 } } or { Columns: { Spread: > 1, Dilation: > 1 } }, "nowhere is the field as large as the layer says");
    }

    // Its gradient is negative in places, so that it is not measured.
    [Fact]
    public void Normalisation_over_an_image_sees_all_of_it() =>
        Assert.Equal(new PixelBox(0, 0, 6, 7), ReceptiveFields.TopDown(Some.Chain([new GroupNorm(2)]), new Shape(2, 6, 7), 1, 1));

    [Fact]
    public void Random_chains_agree_from_both_ends()
    {
        Random random = new(1);
        for (int i = 0; i < 100; i++)
        {
            Layer[] layers = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => RandomLayer(random))];
            Shape input = new(1, 300, 300);
            ReceptiveField field = ReceptiveFields.BottomUp(Chain(layers)(), input);
            PixelBox first = ReceptiveFields.TopDown(Chain(layers)(), input), second = ReceptiveFields.TopDown(Chain(layers)(), input, 1, 2);
            Assert.Equal((field.Rows.Size, field.Columns.Size), (first.Height, first.Width));
            Assert.Equal((field.Rows.First, field.Columns.First), (first.Top, first.Left));
            Assert.Equal((field.Rows.Jump, 2 * field.Columns.Jump), (second.Top - first.Top, second.Left - first.Left));
        }
    }

    [Fact]
    public void Measuring_leaves_the_weights_as_they_were()
    {
        Conv2d layer = new(2, 3);
        Graph graph = Some.Chain([layer]);
        Network network = graph.Compile(new Shape(1, 6, 6));
        float[] before = Some.Weights(network);
        Assert.Equal(new PixelBox(1, 2, 3, 3), ReceptiveFields.Measure(graph, new Shape(1, 6, 6), 1, 2));
        Assert.Equal(before, Some.Weights(network));
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        Shape image = new(1, 6, 6);
        Expect.Throws<ArgumentException>("the place is row 4, column 0; the output is 2×4×4",
            () => ReceptiveFields.Measure(Some.Chain([new Conv2d(2, 3)]), image, 4));
        foreach (Action field in (Action[])
            [() => ReceptiveFields.BottomUp(Some.Chain([new Linear(2)]), new Shape(5)), () => ReceptiveFields.TopDown(Some.Chain([new Linear(2)]), new Shape(5)), () => ReceptiveFields.Measure(Some.Chain([new Linear(2)]), new Shape(5))])
            Expect.Throws<ArgumentException>("the input is 5; only images, C×H×W, have receptive fields", field);
        // 9⁻⁵⁰ is less than a float can hold.
        Assert.Contains("too deep", Assert.Throws<InvalidOperationException>(() =>
            ReceptiveFields.Measure(Some.Chain(Enumerable.Range(0, 45).Select(_ => new Conv2d(1, 3, padding: 1))), new Shape(1, 91, 91), 45, 45)).Message, StringComparison.Ordinal);
    }

    private static PixelBox Clip(PixelBox box, Shape image) => Clip(box, new PixelBox(0, 0, image[1], image[2]));

    private static PixelBox Clip(PixelBox box, PixelBox frame)
    {
        (int top, int left) = (Math.Max(box.Top, frame.Top), Math.Max(box.Left, frame.Left));
        int bottom = Math.Min(box.Top + box.Height, frame.Top + frame.Height), right = Math.Min(box.Left + box.Width, frame.Left + frame.Width);
        return new PixelBox(top, left, bottom - top, right - left);
    }

    private static Func<Graph> Chain(params Layer[] layers) => () => Some.Chain(layers);

    private static Conv2d Conv(int filter, int padding) => new(2, filter, padding: padding);

    private static Layer RandomLayer(Random random)
    {
        Size2 size = (random.Next(1, 5), random.Next(1, 5)), stride = (random.Next(1, 3), random.Next(1, 3));
        Padding padding = new(random.Next(size.Height), random.Next(size.Height), random.Next(size.Width), random.Next(size.Width));
        return random.Next(4) switch
        {
            0 => new MaxPool2d(size, stride, padding),
            1 => new ReLU(),
            _ => new Conv2d(1, size, stride, padding, dilation: (random.Next(1, 3), random.Next(1, 3))),
        };
    }

    private static Graph AlexNet() => Some.Chain(
        [new Conv2d(1, 11, stride: 4), new ReLU(), new MaxPool2d(3, 2), Narrow(5, 2), new ReLU(), new MaxPool2d(3, 2), Narrow(3, 1), Narrow(3, 1), Narrow(3, 1), new MaxPool2d(3, 2)]);

    private static Graph Vgg() => Some.Chain(Vgg16.Layers().TakeWhile(layer => layer is not Flatten).Select(layer => layer is Conv2d ? Narrow(3, 1) : layer));

    private static Conv2d Narrow(int filter, int padding) => new(1, filter, padding: padding);

    private static Graph Residual()
    {
        Graph graph = new();
        Value x = graph.Input.Then(new Conv2d(2, 3, stride: 2, padding: 1));
        for (int i = 0; i < 2; i++) x = graph.Add(new Add(), x, x.Then(Conv(3, 1)).Then(new ReLU()).Then(new Conv2d(2, 1)));
        return graph;
    }

    private static Graph Inception()
    {
        Graph graph = new();
        Value a = graph.Input.Then(new Conv2d(2, 1)), b = graph.Input.Then(Conv(3, 1)).Then(new Conv2d(2, (5, 1), padding: new Padding(2, 2, 0, 0)));
        Value c = graph.Input.Then(Conv(5, 2)), d = graph.Input.Then(new MaxPool2d(3, 1, 1));
        graph.Add(new Add(), graph.Add(new Add(), a, b), graph.Add(new Add(), c, d));
        return graph;
    }
}
