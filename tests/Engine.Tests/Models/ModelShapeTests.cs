using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Models;

/// <summary>The sizes of the papers' tables, what takes images of other sizes, and what is refused.</summary>
public class ModelShapeTests
{
    // At the paper's size: some layers' outputs, and the last.
    [Theory]
    [InlineData("lenet5-1998", "C1 6×28×28, S2 6×14×14, C3 16×10×10, S4 16×5×5, C5 120×1×1, F6 84, output 10")]
    [InlineData("lenet5", "conv1 6×28×28, conv2 16×10×10, fc1 120, fc3 10")]
    [InlineData("alexnet", "conv1 96×55×55, conv2 256×27×27, conv3 384×13×13, conv5 256×13×13, flatten1 9216, fc8 1000")]
    [InlineData("alexnet-one-column", "conv1 64×55×55, conv2 192×27×27, conv5 256×13×13, flatten1 9216, fc8 1000")]
    [InlineData("zfnet", "conv1 96×110×110, conv2 256×26×26, conv5 256×13×13, flatten1 9216, fc8 1000")]
    [InlineData("nin", "conv1 96×54×54, conv2 256×27×27, conv3 384×13×13, cccp4b 1000×6×6, flatten1 1000")]
    [InlineData("overfeat", "conv1 96×56×56, conv2 256×24×24, conv5 1024×12×12, conv6 3072×1×1, conv8 1000×1×1")]
    [InlineData("vgg11", "conv1_1 64×224×224, conv5_2 512×14×14, flatten1 25088, fc8 1000")]
    [InlineData("vgg13", "conv1_2 64×224×224, conv5_2 512×14×14, flatten1 25088, fc8 1000")]
    [InlineData("vgg16", "conv1_2 64×224×224, conv5_3 512×14×14, flatten1 25088, fc8 1000")]
    [InlineData("vgg19", "conv1_2 64×224×224, conv5_4 512×14×14, flatten1 25088, fc8 1000")]
    [InlineData("googlenet", "conv2 192×56×56, concat1 256×28×28, concat2 480×28×28, concat3 512×14×14, auxiliary1.conv 128×4×4, concat9 1024×7×7, fc 1000")]
    [InlineData("inception-v4", "stem.3 64×147×147, concat3 384×35×35, concat8 1024×17×17, concat16 1536×8×8, fc 1000")]
    [InlineData("resnet18", "conv1 64×112×112, layer1.1.conv2 64×56×56, layer4.1.conv2 512×7×7, fc 1000")]
    [InlineData("resnet34", "layer1.2.conv2 64×56×56, layer2.3.conv2 128×28×28, layer3.5.conv2 256×14×14, layer4.2.conv2 512×7×7, fc 1000")]
    [InlineData("resnet50", "layer1.2.conv3 256×56×56, layer2.3.conv3 512×28×28, layer3.5.conv3 1024×14×14, layer4.2.conv3 2048×7×7, fc 1000")]
    [InlineData("resnet101", "layer3.22.conv3 1024×14×14, layer4.2.conv3 2048×7×7, fc 1000")]
    [InlineData("resnet152", "layer2.7.conv3 512×28×28, layer3.35.conv3 1024×14×14, layer4.2.conv3 2048×7×7, fc 1000")]
    [InlineData("se-resnet50", "layer1.0.se.fc1 16×1×1, layer4.2.se.fc2 2048×1×1, fc 1000")]
    [InlineData("cifar-resnet20", "layer1.2.conv2 16×32×32, layer2.2.conv2 32×16×16, layer3.2.conv2 64×8×8, fc 10")]
    [InlineData("cifar-resnet32", "layer3.4.conv2 64×8×8, fc 10")]
    [InlineData("cifar-resnet44", "layer3.6.conv2 64×8×8, fc 10")]
    [InlineData("cifar-resnet56", "layer3.8.conv2 64×8×8, fc 10")]
    [InlineData("cifar-resnet110", "layer3.17.conv2 64×8×8, fc 10")]
    [InlineData("mobilenet", "conv1 32×112×112, conv2.pointwise 64×112×112, conv8.pointwise 512×14×14, conv14.pointwise 1024×7×7, fc 1000")]
    [InlineData("sppnet", "conv5 256×13×13, fc6 4096, fc8 1000")]
    [InlineData("fpn-resnet50", "output2 256×56×56, output5 256×7×7, rpn2.objectness 3×56×56, rpn4.boxes 12×14×14, rpn6.boxes 12×4×4")]
    [InlineData("encoder-decoder", "encoder0.conv2 64×128×128, encoder4.conv2 1024×8×8, decoder0.up 64×128×128, classifier 2×128×128")]
    [InlineData("encoder-decoder-bilinear", "encoder4.conv2 1024×8×8, upsample1 1024×16×16, decoder0.up 64×128×128, classifier 2×128×128")]
    public void Sizes_are_the_papers(string name, string shapes)
    {
        Model model = ModelZoo.Named(name);
        IReadOnlyList<LayerSummary> layers = NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { BatchSize = 1 }).Layers;
        string[] expected = shapes.Split(", ");
        Assert.Equal(expected, expected.Select(text => text.Split(' ')[0]).Select(layer => $"{layer} {layers.Single(l => l.Name == layer).Output}"));
        Assert.EndsWith($"{layers[^1].Output}", shapes, StringComparison.Ordinal);
    }

    [Fact]
    public void OverFeat_gives_larger_images_a_map_of_scores()
    {
        Graph graph = new OverFeat { Width = 1 / 32.0, Classes = 3, HasDropout = false }.Build();
        NetworkOptions options = new() { BatchSize = 1, Training = false };
        Network window = graph.Compile(new Shape(3, 231, 231), options), image = graph.Compile(new Shape(3, 231 + 64, 231 + 96), options);
        Assert.Equal([new Shape(3, 1, 1), new Shape(3, 3, 4)], [window.OutputShape, image.OutputShape]);
        Assert.Equal(window.Parameters, image.Parameters);

        // The first score sees 231 + 48 columns, the paddings' shares included: not the last one.
        Tensor pixels = ModelTrainingTests.RandomImages(image.InputShape, 1);
        float[] before = image.Predict(pixels).Span.ToArray();
        for (int i = 1; i <= pixels.Length; i++)
            if (i % image.InputShape[2] == 0) pixels.Span[i - 1] += 1;
        float[] after = image.Predict(pixels).Span.ToArray();
        Assert.Equal([before[0], before[12], before[24]], [after[0], after[12], after[24]]);
        Assert.NotEqual(before[3], after[3]);
    }

    [Fact]
    public void SPP_nets_weights_serve_images_of_any_size()
    {
        Graph graph = new SppNet { Width = 1 / 32.0, Classes = 3 }.Build();
        Network first = graph.Compile(new Shape(3, 224, 224), new NetworkOptions { BatchSize = 1, Training = false });
        foreach (Shape input in (Shape[])[new(3, 180, 180), new(3, 131, 200)])
        {
            Network network = graph.Compile(input, new NetworkOptions { BatchSize = 1, Training = false });
            Assert.Equal(first.Parameters, network.Parameters);
            Tensor scores = network.Predict(ModelTrainingTests.RandomImages(input, 1));
            Assert.Equal(new Shape(1, 3), scores.Shape);
            Assert.All(scores.Span.ToArray(), score => Assert.True(float.IsFinite(score) && score != 0));
        }
    }

    [Fact]
    public void A_feature_pyramid_proposes_on_five_levels()
    {
        Network network = new FeaturePyramid { Width = 1 / 32.0, Input = new Shape(3, 64, 96) }.Compile(new NetworkOptions { BatchSize = 1, Training = false });
        network.Predict(ModelTrainingTests.RandomImages(network.InputShape, 1));
        Assert.Equal(
            ["12×1×2", "3×16×24", "12×16×24", "3×8×12", "12×8×12", "3×4×6", "12×4×6", "3×2×3", "12×2×3", "3×1×2"],
            Enumerable.Range(0, network.OutputCount).Select(i => $"{network.OutputShapeOf(i)}"));
        for (int i = 0; i < network.OutputCount; i++)
        {
            Assert.All(network.OutputsOf(i).ToArray(), value => Assert.True(float.IsFinite(value)));
            Assert.Contains(network.OutputsOf(i).ToArray(), value => value != 0);
        }
    }

    // The paper's section 3.2 of "Network in Network": no fully connected layers. A classifier of 1×1 has 257 or 513 numbers a class.
    [Fact]
    public void A_global_mean_takes_the_place_of_fully_connected_layers()
    {
        Assert.Equal(2_334_080 + 257_000, Parameters(new AlexNet { Head = Head.GlobalMean }));
        Assert.Equal(2_469_696 + 257_000, Parameters(new AlexNetOneColumn { Head = Head.GlobalMean }));
        Assert.Equal(3_726_464 + 257_000, Parameters(new ZfNet { Head = Head.GlobalMean }));
        Assert.Equal(14_714_688 + 513_000, Parameters(new Vgg(16) { Head = Head.GlobalMean }));
        Network network = new Vgg(11) { Head = Head.GlobalMean, Width = 1 / 16.0, Classes = 5, Input = new Shape(3, 40, 64) }.Compile();
        Assert.Equal(new Shape(5), network.OutputShape);

        static long Parameters(Model model) => NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { BatchSize = 1 }).Parameters;
    }

    // MobileNet's paper, table 6: 4.2, 2.6, 1.3 and 0.5 million parameters, 569, 325, 149 and 41 million multiply-adds.
    [Theory]
    [InlineData(0.75, 2.6, 325)]
    [InlineData(0.5, 1.3, 149)]
    [InlineData(0.25, 0.5, 41)]
    public void MobileNets_width_multiplier(double width, double parameters, double multiplyAdds)
    {
        Model model = new MobileNet { Width = width };
        NetworkSummary summary = NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { BatchSize = 1 });
        Assert.Equal((parameters, multiplyAdds), (Math.Round(summary.Parameters / 1e6, 1), Math.Round(summary.Cost.MultiplyAdds / 1e6)));
    }

    [Fact]
    public void A_network_without_training_has_no_auxiliary_classifiers()
    {
        Model model = new GoogLeNet();
        NetworkSummary summary = NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { BatchSize = 1, Training = false });
        // Caffe's bvlc_googlenet, deployed.
        Assert.Equal((6_998_552, 1_582_671_872), (summary.Parameters, summary.Cost.MultiplyAdds));
        Assert.DoesNotContain(summary.Layers, layer => layer.Name.StartsWith("auxiliary", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Expect.Throws<ArgumentException>("there is no network \"resnet19\"; there are " + string.Join(", ", ModelZoo.Names), () => ModelZoo.Named("resnet19"));
        Expect.Throws<ArgumentException>("ResNet has 18, 34, 50, 101 or 152 layers, not 19", () => new ResNet(19).Build());
        Expect.Throws<ArgumentException>("a ResNet for CIFAR has 6n + 2 layers (20, 32, 44, 56, 110), not 21", () => new CifarResNet(21).Build());
        Expect.Throws<ArgumentException>("VGG has 11, 13, 16 or 19 layers, not 12", () => new Vgg(12).Build());
        Expect.Throws<ArgumentException>("vgg16: the number of classes is 0; it must be at least 1", () => new Vgg(16) { Classes = 0 }.Build());
        Expect.Throws<ArgumentException>("mobilenet: the width is 0; it must be a number above 0", () => new MobileNet { Width = 0 }.Build());
        Expect.Throws<ArgumentException>("lenet5-1998: the width is 0.5; the table of its maps is for 1", () => new LeNet5 { Width = 0.5 }.Build());
        Expect.Throws<ArgumentException>("mobilenet: the width is NaN; it must be a number above 0", () => new MobileNet { Width = double.NaN }.Build());
        Expect.Throws<ArgumentException>("encoder-decoder: the depth is -1; it must be from 0 to 16", () => new EncoderDecoder { Depth = -1 }.Build());
        Expect.Throws<ArgumentException>("encoder-decoder: the number of channels is 0; it must be at least 1", () => new EncoderDecoder { Channels = 0 }.Build());
        Expect.Throws<ArgumentException>(
            "encoder-decoder: the input is 3×128×100; its height and width must be multiples of 16, so that they can be halved 4 times",
            () => new EncoderDecoder { Input = new Shape(3, 128, 100) }.Build());
        Expect.Throws<ArgumentException>("fpn-resnet50: the number of channels is 0; it must be at least 1", () => new FeaturePyramid { Channels = 0 }.Build());
        Expect.Throws<ArgumentException>("fpn-resnet50: the number of anchors is 0; it must be at least 1", () => new FeaturePyramid { Anchors = 0 }.Build());
        Expect.Throws<ArgumentException>("ResNet has 18, 34, 50, 101 or 152 layers, not 19", () => new FeaturePyramid { Depth = 19 }.Build());
        Expect.Throws<ArgumentException>(
            "Add \"add17\": inputs are 256×14×15 and 256×14×16; they must have one shape",
            () => new FeaturePyramid { Input = new Shape(3, 224, 230) }.Compile());
        Expect.Throws<ArgumentException>("a pyramid has at least one level", () => new SppNet { Levels = [] }.Build());
        Expect.Throws<ArgumentException>(
            "Conv2d \"conv2\": the window spans 5 columns, the padded image has 4; the window must fit into the image",
            () => new OverFeat { Input = new Shape(3, 231, 43) }.Compile());
    }
}
