using CnnEngine.Graphs;
using CnnEngine.Interchange;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using Xunit.Abstractions;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>Each kind of layer, in uncommon geometry, gives the same numbers in onnxruntime.</summary>
[Collection(OnnxCollection.Name)]
[Trait("Category", "Slow")]
public class OnnxLayerTests(OnnxTools tools, ITestOutputHelper output)
{
    private static readonly Shape Image = new(4, 7, 10), Features = new(12);

    internal static readonly Dictionary<string, (Shape Input, Action<Graph> Build)> Cases = new()
    {
        ["conv"] = One(new Conv2d(5, (3, 2))),
        ["conv: stride, uneven padding"] = One(new Conv2d(5, (3, 4), (2, 3), new Padding(0, 2, 1, 3))),
        ["conv: dilation, groups, no bias"] = One(new Conv2d(6, (3, 2), padding: 1, dilation: (2, 3), groups: 2) { HasBias = false }),
        ["conv: same, stride"] = One(new Conv2d(3, (4, 3), 2, Padding.Same)),
        ["conv: same, even filter"] = One(new Conv2d(3, (2, 4), padding: Padding.Same)),
        ["depthwise"] = One(new DepthwiseConv2d((3, 2), (2, 1), new Padding(1, 0, 0, 1), multiplier: 3)),
        ["separable"] = (Image, graph => graph.Input.Then(SeparableConv2d.Spatial(5, (3, 4), (2, 1), 1))),
        ["transposed"] = One(new ConvTranspose2d(3, (3, 2))),
        ["transposed: stride, uneven padding, output padding"] = One(new ConvTranspose2d(3, (4, 3), (3, 2), new Padding(1, 0, 2, 1), (2, 1))),
        ["transposed: dilation, groups, no bias"] = One(new ConvTranspose2d(6, (3, 2), 2, 1, (0, 1), (2, 3), 2) { HasBias = false }),
        ["transposed: same"] = One(new ConvTranspose2d(3, (4, 3), 2, Padding.Same)),
        ["transposed: same, filter smaller than stride"] = One(new ConvTranspose2d(3, (2, 1), 3, Padding.Same)),
        ["table"] = One(new TableConv2d(new ConnectionTable(4, [0, 2], [1], [0, 1, 2, 3], [3]), (3, 2), (1, 2), 1)),
        ["table: LeNet-5's, no bias"] = One(new TableConv2d(ConnectionTable.LeNet5, 5) { HasBias = false }, new Shape(6, 9, 8)),
        ["fixed filter"] = One(new FixedFilter2d(ImageFilter.Sharpen)),
        ["fixed filter: stride, padding"] = One(new FixedFilter2d(ImageFilter.GaussianBlur, (2, 1), new Padding(0, 1, 1, 0))),
        ["fully connected"] = One(new Linear(7), Features),
        ["fully connected: no bias"] = (Image, graph => graph.Input.Then(new Flatten()).Then(new Linear(3) { HasBias = false })),
        ["max"] = One(new MaxPool2d((2, 3))),
        ["max: stride, uneven padding"] = One(new MaxPool2d((3, 4), (2, 3), new Padding(0, 2, 3, 1))),
        ["max: ceil"] = One(new MaxPool2d(3, 2, new Padding(1, 0, 0, 1), ceilMode: true)),
        ["max: ceil, windows apart"] = One(new MaxPool2d((2, 3), (3, 4), 1, ceilMode: true)),
        ["max: rows left over"] = One(new MaxPool2d(2, 4, new Padding(0, 1, 0, 1))),
        ["mean"] = One(new MeanPool2d((2, 3))),
        ["mean: stride, uneven padding"] = One(new MeanPool2d((3, 4), (2, 3), new Padding(0, 2, 3, 1))),
        ["mean: padding not counted"] = One(new MeanPool2d((3, 4), (2, 3), new Padding(0, 2, 3, 1)) { CountPadding = false }),
        ["mean: ceil"] = One(new MeanPool2d(3, (3, 2), new Padding(1, 0, 0, 1), ceilMode: true)),
        ["mean: ceil, padding not counted"] = One(new MeanPool2d(3, (3, 2), new Padding(1, 0, 0, 1), ceilMode: true) { CountPadding = false }),
        ["mean: ceil on a small image"] = One(new MeanPool2d(4, 3, 2, ceilMode: true), new Shape(2, 3, 5)),
        ["sum: ceil"] = One(new SumPool2d((3, 2), (2, 3), new Padding(1, 1, 0, 1), ceilMode: true)),
        ["global max"] = One(new GlobalMaxPool2d()),
        ["global mean"] = One(new GlobalMeanPool2d()),
        ["global sum"] = One(new GlobalSumPool2d()),
        ["adaptive max"] = One(new AdaptiveMaxPool2d((3, 4))),
        ["adaptive max: one axis even"] = One(new AdaptiveMaxPool2d((7, 3))),
        ["adaptive max: larger than the image"] = One(new AdaptiveMaxPool2d((9, 5))),
        ["adaptive mean"] = One(new AdaptiveMeanPool2d((3, 4))),
        ["adaptive mean: even"] = One(new AdaptiveMeanPool2d((7, 5))),
        ["adaptive mean: one axis even"] = One(new AdaptiveMeanPool2d((4, 5))),
        ["pyramid"] = One(new SpatialPyramidPool(1, 2, 3, 4), new Shape(3, 13, 11)),
        ["pyramid: small image"] = One(new SpatialPyramidPool(6, 1)),
        ["subsampling"] = One(new Subsampling((2, 3))),
        ["subsampling: stride"] = One(new Subsampling(3, (2, 1))),
        ["nearest"] = One(new Upsample((2, 3))),
        ["nearest: no multiple"] = One(Upsample.ToSize((17, 13))),
        ["nearest: one axis"] = One(Upsample.ToSize((7, 30))),
        ["bilinear"] = One(new Upsample((3, 2), Interpolation.Bilinear)),
        ["bilinear: no multiple"] = One(Upsample.ToSize((17, 13), Interpolation.Bilinear)),
        ["bilinear: of one pixel"] = One(new Upsample(3, Interpolation.Bilinear), new Shape(3, 1, 1)),
        ["batch"] = One(new BatchNorm2d { Epsilon = 0.01f }),
        ["batch: features"] = One(new BatchNorm2d(), Features),
        ["layer"] = One(new LayerNorm { Epsilon = 0.01f }),
        ["layer: last axis"] = One(new LayerNorm(1)),
        ["layer: last two"] = One(new LayerNorm(2)),
        ["layer: features"] = One(new LayerNorm(), Features),
        ["group"] = One(new GroupNorm(2)),
        ["group: each channel"] = One(new GroupNorm(4) { Epsilon = 0.01f }),
        ["group: features"] = One(new GroupNorm(3), Features),
        ["local response"] = One(new LocalResponseNorm(3, 0.3f, 0.6f, 2)),
        ["local response: AlexNet's"] = One(new LocalResponseNorm(5, 5 * 1e-4f, 0.75f, 2), new Shape(9, 4, 3)),
        ["local response: even"] = One(new LocalResponseNorm(4, 0.9f, 0.75f, 1), new Shape(7, 3, 4)),
        ["relu"] = One(new ReLU()),
        ["leaky relu"] = One(new LeakyReLU(0.2f)),
        ["elu"] = One(new ELU(0.7f)),
        ["sigmoid"] = One(new Sigmoid()),
        ["tanh"] = One(new Tanh()),
        ["scaled tanh"] = One(new ScaledTanh()),
        ["prelu"] = One(new PReLU()),
        ["prelu: per channel"] = One(new PReLU { PerChannel = true }),
        ["prelu: per feature"] = One(new PReLU { PerChannel = true }, Features),
        ["swish"] = One(new Swish()),
        ["hard swish"] = (Image, graph => graph.Input.Then(Wider()).Then(new HardSwish())),
        ["fused activation"] = (Image, graph => graph.Input.Then(new Conv2d(5, 3)).Then(new ELU()).Then(new BatchNorm2d()).Then(new ScaledTanh())),
        ["softmax"] = One(new Softmax()),
        ["softmax: features"] = One(new Softmax(), Features),
        ["log softmax"] = One(new LogSoftmax()),
        ["dropout"] = (Image, graph => graph.Input.Then(new Dropout()).Then(new ReLU()).Then(new Dropout())),
        ["stochastic depth"] = (Image, graph => graph.Input.Then(new StochasticDepth(0.5f)).Then(new ReLU())),
        ["add"] = (Image, graph => graph.Add(new Add(), graph.Input.Then(new Tanh()), graph.Input)),
        ["concat"] = (Image, graph => graph.Add(new Concat(3), graph.Input, graph.Input.Then(new Conv2d(3, 1)), graph.Input)),
        ["concat: features"] = (Features, graph => graph.Add(new Concat(), graph.Input, graph.Input.Then(new Linear(5)))),
        ["scale"] = (Image, graph => graph.Add(new ChannelScale(), graph.Input, graph.Input.Then(new GlobalMeanPool2d()).Then(new Conv2d(4, 1)))),
        ["scale: by features"] = (Image, graph => graph.Add(new ChannelScale(), graph.Input, graph.Input.Then(new Flatten()).Then(new Linear(4)))),
        ["flatten"] = One(new Flatten()),
        ["flatten: features"] = One(new Flatten(), Features),
        ["pad"] = One(new Pad2d(new Padding(1, 2, 0, 3))),
        ["crop"] = One(new Crop2d(new Padding(1, 2, 0, 3))),
        ["pad channels"] = One(new PadChannels(1, 2)),
        ["several outputs, one of them dropped from"] = (Image, SeveralOutputs),
        ["shared weights"] = (Image, SharedWeights),
    };

    public static TheoryData<string> Names { get; } = [.. Cases.Keys];

    [OnnxTheory, MemberData(nameof(Names))]
    public void Onnxruntime_agrees(string name)
    {
        Network network = Compile(name);
        OnnxComparison.MakeTrained(network);
        double plain = OnnxComparison.Run(tools, network), folded = OnnxComparison.Run(tools, network, new OnnxOptions { Fold = true });
        output.WriteLine($"{name}: {plain:e1}, folded {folded:e1}");
    }

    internal static Network Compile(string name)
    {
        (Shape input, Action<Graph> build) = Cases[name];
        Graph graph = new();
        build(graph);
        return graph.Compile(input, new NetworkOptions { BatchSize = 4 });
    }

    // Layers keep their parameters: each compilation of a case meets the same.
    private static (Shape, Action<Graph>) One(Layer layer, Shape? input = null) => (input ?? Image, graph => graph.Input.Then(layer));

    // Numbers from −4 to 4: to both sides of the corners.
    private static FixedFilter2d Wider() => new(new ImageFilter("wider", new float[,] { { 4 } }));

    private static void SeveralOutputs(Graph graph)
    {
        Value first = graph.Input.Then(new Conv2d(3, 3) { Name = "first" }), second = first.Then(new ReLU()).Then(new Dropout { Name = "second" });
        graph.AddOutput(first);
        graph.AddOutput(second);
        graph.AddAuxiliary(second.Then(new Conv2d(2, 1)).Then(new GlobalMaxPool2d()), 0.5f);
        second.Then(new Conv2d(2, 2)).Then(new GlobalMeanPool2d());
    }

    private static void SharedWeights(Graph graph)
    {
        Conv2d first = new(4, 3, padding: 1);
        graph.Input.Then(first).Then(new ReLU()).Then(new Conv2d(4, 3, padding: 1) { SharesWith = first });
    }
}

/// <summary>No layer is forgotten.</summary>
public class OnnxLayerCaseTests
{
    [Fact]
    public void Every_layer_of_the_engine_is_among_the_cases()
    {
        IEnumerable<Type> layers = typeof(Layer).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Layer)) && !type.IsAbstract);
        IEnumerable<Type> tested = OnnxLayerTests.Cases.Keys.SelectMany(name => OnnxLayerTests.Compile(name).Layers).Select(layer => layer.Layer.GetType()).Distinct();
        Assert.Equal(layers.Select(type => type.Name).Order(), tested.Select(type => type.Name).Order());
    }

    [Fact]
    public void Every_case_can_be_exported()
    {
        foreach (string name in OnnxLayerTests.Cases.Keys) Assert.NotEmpty(OnnxExport.Model(OnnxLayerTests.Compile(name), new OnnxOptions()).Graph.Node);
    }

    [Fact]
    public void Every_network_of_the_zoo_is_compared() => Assert.Equal(Models.ModelZoo.Names.Order(), OnnxZooTests.Sizes.Keys.Order());
}
