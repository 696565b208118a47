using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Models;

namespace CnnEngine.Tests.Models.Description;

/// <summary>Every layer of the engine can be written and read, whatever its options.</summary>
public class LayerKindTests
{
    private static readonly Type[] Layers = [.. typeof(Layer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Layer)) && type is { IsAbstract: false, IsPublic: true })];

    // None of the options is as usual.
    private static readonly Layer[] Odd =
    [
        new Conv2d(6, (3, 5), (1, 2), new Padding(1, 2, 3, 4), (2, 1), 3) { HasBias = false, Initializer = Initializer.Xavier },
        new Conv2d(6, 3, padding: Padding.Same) { Initializer = Initializer.LeCun.Scaled(0.1f).Scaled(3) },
        new DepthwiseConv2d((3, 5), 2, 1, (1, 2), 3) { HasBias = false, Initializer = Initializer.Constant(0.3f) },
        new TableConv2d(new ConnectionTable(3, [0, 2], [1]), 3, 2, 1) { HasBias = false, Initializer = Initializer.LeCun },
        new ConvTranspose2d(4, 3, (2, 3), (Padding)1, (1, 2), 2, 2) { HasBias = false, Initializer = Initializer.Kaiming.Scaled(1 / 3f) },
        new FixedFilter2d(ImageFilter.Sharpen, 2, 1),
        new FixedFilter2d(new ImageFilter("mine", new float[,] { { 0.1f, 1e-30f, -3 }, { 1, 2, 3 } })),
        new Linear(5) { HasBias = false, Initializer = Initializer.Constant(2).Scaled(0.5f) },
        new MaxPool2d((2, 3), (3, 2), 1, true), new MeanPool2d((2, 3), 1, 1, true) { CountPadding = false }, new SumPool2d(3, 2, 1, true),
        new GlobalMaxPool2d(), new GlobalMeanPool2d(), new GlobalSumPool2d(), new AdaptiveMaxPool2d((2, 3)), new AdaptiveMeanPool2d(4),
        new SpatialPyramidPool(4, 2), new Subsampling((2, 3), 1) { Initializer = Initializer.Constant(0.7f) },
        new BatchNorm2d { Epsilon = 0.001f, Momentum = 0.3f }, new LayerNorm(2) { Epsilon = 1e-3f }, new LayerNorm(), new GroupNorm(4) { Epsilon = 0 },
        new LocalResponseNorm(3, 0.1f, 0.2f, 3),
        new ReLU(), new LeakyReLU(0.3f), new PReLU { PerChannel = true, FirstSlope = 0.1f }, new ELU(0.7f), new Sigmoid(), new Tanh(), new ScaledTanh(), new Swish(),
        new HardSwish(), new Softmax(), new LogSoftmax(), new Dropout(0.3f), new StochasticDepth(0.2f),
        new Flatten(), new Add(), new Concat(3), new ChannelScale(),
        new Upsample((2, 3), Interpolation.Bilinear), Upsample.ToSize((20, 30)), new Pad2d(new Padding(1, 2, 3, 4)), new Crop2d(1), new PadChannels(2, 3),
    ];

    [Fact]
    public void Every_layer_has_a_kind_and_an_odd_one_among_these_tests()
    {
        Assert.Equal([], Layers.Except(LayerKind.All.Select(kind => kind.Type)).Select(type => type.Name));
        Assert.Equal([], Layers.Except(Odd.Select(layer => layer.GetType())).Select(type => type.Name));
        Assert.Equal(LayerKind.All.Count, LayerKind.All.Select(kind => kind.Name).Distinct().Count());
        Assert.Equal(LayerKind.All.Count, LayerKind.All.Select(kind => kind.Type).Distinct().Count());
    }

    [Fact]
    public void A_layer_comes_back_with_all_its_options()
    {
        foreach (Layer layer in Odd)
        {
            JsonObject json = Write(layer);
            if (layer is Concat) json["from"] = new JsonArray("a", "b", "c");
            ObjectReader reader = ObjectReader.Of(json.ToJsonString(), "a test");
            Layer again = LayerKind.All.Single(kind => kind.Type == layer.GetType()).Read(reader);
            reader.RefuseOthers();
            Assert.Equal(layer.ToString(), again.ToString());
            foreach (PropertyInfo property in layer.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
                if (property.PropertyType != typeof(Parameter) && property.Name is not (nameof(Layer.Parameters) or nameof(Layer.State)))
                    Assert.Equal(Comparable(property.GetValue(layer)), Comparable(property.GetValue(again)));
        }
    }

    [Fact]
    public void What_is_as_usual_is_not_written()
    {
        Assert.Equal("""{"channels":6,"size":5}""", Write(new Conv2d(6, 5)).ToJsonString());
        Assert.Equal("""{"size":2}""", Write(new MaxPool2d(2, 2)).ToJsonString());
        Assert.Equal("""{"size":[2,3],"stride":2}""", Write(new SumPool2d((2, 3), 2)).ToJsonString());
        Assert.Equal("{}", Write(new BatchNorm2d()).ToJsonString());
        Assert.Equal("""{"features":3,"initializer":{"kind":"kaiming","factor":0.1}}""", Write(new Linear(3) { Initializer = Initializer.Kaiming.Scaled(0.1f) }).ToJsonString());
    }

    private static JsonObject Write(Layer layer)
    {
        ObjectWriter writer = new();
        LayerKind.All.Single(kind => kind.Type == layer.GetType()).Write(layer, writer);
        return writer.Json;
    }

    private static object? Comparable(object? value) => value switch
    {
        ImageFilter filter => $"{filter} {string.Join(' ', filter.Weights.ToArray())}",
        IEnumerable list and not string => string.Join(' ', list.Cast<object>()),
        _ => value,
    };
}
