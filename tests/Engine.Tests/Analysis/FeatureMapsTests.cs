using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>What layers inside a network compute, and pictures of it.</summary>
public class FeatureMapsTests
{
    // In the network itself conv1, relu1 and flatten1 lie over one another.
    [Fact]
    public void Any_layer_can_be_looked_at()
    {
        Shape image = new(2, 9, 8);
        Network network = new Sequential { new Conv2d(4, 3), new ReLU(), new MaxPool2d(2), new Conv2d(5, 2), new ReLU(), new Flatten(), new Linear(3) }
            .Compile(image, new NetworkOptions { BatchSize = 4 });
        Tensor images = Images(image, 7);
        double[] pixels = Array.ConvertAll(images.Span.ToArray(), x => (double)x);
        double[][] parameters = [.. network.Parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), x => (double)x))];

        IReadOnlyList<Tensor> maps = FeatureMaps.Of(network, images, "relu1", "conv1", "fc1", "pool1", "conv2", "conv1");

        Check(maps[0], new TwinChain(image).Conv(4, 3).Activate(Activation.Relu));
        Check(maps[1], new TwinChain(image).Conv(4, 3));
        Check(maps[2], new TwinChain(image).Conv(4, 3).Activate(Activation.Relu).MaxPool(2).Conv(5, 2).Activate(Activation.Relu).Linear(3));
        Check(maps[3], new TwinChain(image).Conv(4, 3).Activate(Activation.Relu).MaxPool(2));
        Check(maps[4], new TwinChain(image).Conv(4, 3).Activate(Activation.Relu).MaxPool(2).Conv(5, 2));
        Check(maps[5], new TwinChain(image).Conv(4, 3));

        void Check(Tensor map, TwinChain twin)
        {
            Assert.Equal(twin.Shape.Prepend(7), map.Shape);
            Some.Close([.. twin.Twin(7, [pixels], parameters).Select(x => (float)x)], map.Span.ToArray());
        }
    }

    // Both branches, and what joins them; the layer behind is not computed at all.
    [Fact]
    public void Branches_are_followed()
    {
        Graph graph = new();
        Value left = graph.Input.Then(new Conv2d(2, 3, padding: 1) { Name = "left" }), right = graph.Input.Then(new Conv2d(2, 3, padding: 1) { Name = "right" });
        graph.Add(new Add(), left, right.Then(new ReLU())).Then(new Dropout()).Then(new Flatten()).Then(new Linear(3));
        Shape image = new(1, 4, 5);
        Network network = graph.Compile(image);
        IReadOnlyList<Tensor> maps = FeatureMaps.Of(network, Images(image, 3), ["left", "right", "add1", "dropout1"]);
        float[] expected = [.. maps[0].Span.ToArray().Zip(maps[1].Span.ToArray(), (a, b) => a + Math.Max(b, 0))];
        Assert.Equal(expected, maps[2].Span);
        Assert.Equal(expected, maps[3].Span);
        Assert.Empty(FeatureMaps.Of(network, Images(image, 3)));
    }

    [Fact]
    public void A_layer_that_is_not_there_is_named() => Expect.Throws<ArgumentException>(
        "there is no layer \"conv3\"; there are conv1, flatten1",
        () => FeatureMaps.Of(new Sequential { new Conv2d(2, 3), new Flatten() }.Compile(new Shape(1, 4, 5)), Tensor.Zeros(new Shape(1, 1, 4, 5)), "conv3"));

    [Theory]
    [InlineData(1, 6, 1)]
    [InlineData(3, 6, 3)]
    [InlineData(2, 12, 1)]
    public void Filters_are_shown_by_one_scale(int channels, int pictures, int colours)
    {
        Conv2d conv = new(6, (2, 3));
        Network network = new Sequential { new Pad2d(1), conv, new Flatten(), new Linear(2) }.Compile(new Shape(channels, 4, 5));
        Span<float> weights = conv.Parameters[0].Value.Span;
        weights.Clear();
        (weights[0], weights[^1], weights[1]) = (-4, 2, float.NaN);
        (string layer, IReadOnlyList<Picture> filters) = FilterPictures.OfFirstLayer(network);
        Assert.Equal(("conv1", pictures), (layer, filters.Count));
        Assert.All(filters, picture => Assert.Equal((3, 2, colours), (picture.Width, picture.Height, picture.Channels)));
        Assert.Equal((0, 191), (filters[0].Bytes[0], filters[^1].Bytes[^1])); // −4 is black, 2 half of the way to white
        Assert.Equal(128, filters[1].Bytes[0]);
    }

    [Fact]
    public void Channels_are_shown_by_one_scale()
    {
        IReadOnlyList<Picture> pictures = FilterPictures.OfChannels(Tensor.From(new Shape(2, 1, 3), [-1, 0, float.NaN, 1, 3, float.PositiveInfinity]));
        Assert.Equal<byte>([0, 64, 0], pictures[0].Bytes.ToArray());
        Assert.Equal<byte>([128, 255, 255], pictures[1].Bytes.ToArray());
        Assert.Equal<byte>([0, 0], FilterPictures.OfChannels(Tensor.From(new Shape(1, 1, 2), [5, 5]))[0].Bytes.ToArray());
        Assert.Empty(FilterPictures.OfFirstLayer(new Sequential { new Linear(3) }.Compile(new Shape(4))).Pictures);
    }

    private static Tensor Images(Shape image, int count)
    {
        Tensor images = Tensor.Zeros(image.Prepend(count));
        Some.Images(count, image, 2).Read(Some.Indices(count), images.Span, new int[count]);
        return images;
    }
}
