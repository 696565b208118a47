using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Interchange;
using CnnEngine.Models;
using Xunit.Abstractions;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>Each network of the zoo gives the same numbers in onnxruntime: small ones as they are, large ones narrow and of small images.</summary>
[Collection(OnnxCollection.Name)]
[Trait("Category", "Slow")]
public class OnnxZooTests(OnnxTools tools, ITestOutputHelper output)
{
    // What the width is multiplied by, and the image's height and width; 0 for the paper's.
    internal static readonly Dictionary<string, (double Width, int Height, int Columns)> Sizes = new()
    {
        ["lenet5-1998"] = (1, 0, 0),
        ["lenet5"] = (1, 0, 0),
        ["alexnet"] = (1 / 8.0, 67, 83),
        ["alexnet-one-column"] = (1 / 8.0, 63, 79),
        ["zfnet"] = (1 / 8.0, 64, 80),
        ["nin"] = (1 / 8.0, 67, 83),
        ["overfeat"] = (1 / 16.0, 231, 263),
        ["vgg11"] = (1 / 8.0, 32, 64),
        ["vgg13"] = (1 / 8.0, 32, 64),
        ["vgg16"] = (1 / 8.0, 32, 64),
        ["vgg19"] = (1 / 8.0, 32, 64),
        ["googlenet"] = (1 / 8.0, 80, 96),
        ["inception-v4"] = (1 / 8.0, 75, 91),
        ["resnet18"] = (1 / 8.0, 35, 64),
        ["resnet34"] = (1 / 8.0, 35, 64),
        ["resnet50"] = (1 / 8.0, 35, 64),
        ["resnet101"] = (1 / 8.0, 35, 64),
        ["resnet152"] = (1 / 8.0, 35, 64),
        ["se-resnet50"] = (1 / 8.0, 35, 64),
        ["cifar-resnet20"] = (1, 0, 0),
        ["cifar-resnet32"] = (1, 0, 0),
        ["cifar-resnet44"] = (1, 0, 0),
        ["cifar-resnet56"] = (1, 0, 0),
        ["cifar-resnet110"] = (1, 0, 0),
        ["mobilenet"] = (1 / 4.0, 64, 96),
        ["sppnet"] = (1 / 8.0, 131, 200),
        ["fpn-resnet50"] = (1 / 8.0, 64, 96),
        ["encoder-decoder"] = (1 / 8.0, 32, 48),
        ["encoder-decoder-bilinear"] = (1 / 8.0, 32, 48),
    };

    public static TheoryData<string> Names { get; } = [.. ModelZoo.Names];

    [OnnxTheory, MemberData(nameof(Names))]
    public void Onnxruntime_agrees(string name)
    {
        (double width, int height, int columns) = Sizes[name];
        Model model = ModelZoo.Named(name) with { Width = width };
        if (height > 0) model = model with { Input = new Shape(model.Input[0], height, columns) };
        Network network = model.Compile(new NetworkOptions { BatchSize = 4 });
        OnnxComparison.MakeTrained(network);
        double plain = OnnxComparison.Run(tools, network), folded = OnnxComparison.Run(tools, network, new OnnxOptions { Fold = true });
        output.WriteLine($"{name} of {model.Input}, width {width}: {plain:e1}, folded {folded:e1}");
    }

    [OnnxTheory, InlineData(OnnxInput.PixelsTo1), InlineData(OnnxInput.PixelsTo255)]
    public void A_model_of_pixels_gives_the_probabilities_of_pictures(OnnxInput input)
    {
        Preprocessing preprocessing = new(new Shape(3, 32, 32), new Normalization([0.49f, 0.48f, 0.45f], [0.25f, 0.24f, 0.26f]));
        Network network = ModelZoo.Named("cifar-resnet20").Compile(new NetworkOptions { BatchSize = 4 });
        OnnxComparison.MakeTrained(network);
        string model = tools.NewModel();
        OnnxExport.Write(network, model, new OnnxOptions { Input = input, Preprocessing = preprocessing, Softmax = true, Fold = true });
        Assert.Equal("ok", tools.Check(model));

        Picture picture = new(32, 32, 3, [.. OnnxComparison.RandomNumbers(1, 32 * 32 * 3, 0, 255).Select(number => (byte)number)]);
        float[] pixels = picture.ToTensor().Span.ToArray(), image = new float[pixels.Length], logits = new float[10];
        if (input == OnnxInput.PixelsTo255) TensorPrimitives.Multiply(pixels, 255, pixels);
        preprocessing.Apply(picture, image);
        network.Predict(image, logits);
        TensorPrimitives.SoftMax(logits, logits);
        OnnxOutput probabilities = Assert.Single(tools.Run(model, network.InputShape, pixels));
        Assert.Equal("probabilities", probabilities.Name);
        Assert.InRange(OnnxComparison.Deviation(logits, probabilities.Numbers), 0, 1e-5);
    }
}
