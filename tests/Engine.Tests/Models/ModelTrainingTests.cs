using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;

namespace CnnEngine.Tests.Models;

/// <summary>Narrow networks on small images learn a handful of them by heart; then everything is connected and every gradient points downhill.</summary>
[Trait("Category", "Slow")]
public class ModelTrainingTests
{
    private const int Images = 4;

    private const double LearntLoss = 0.1;

    // How narrow, and the smallest image that the network takes, or nearly. Network in Network's class maps end in a ReLU: a class whose map is
    // nowhere positive at first never learns. With its seed there is none.
    private static readonly Dictionary<string, Reduction> Reduced = new()
    {
        ["lenet5-1998"] = new(1, 28),
        ["lenet5"] = new(1, 28),
        ["alexnet"] = new(1 / 16.0, 67),
        ["alexnet-one-column"] = new(1 / 16.0, 63),
        ["zfnet"] = new(1 / 16.0, 64),
        ["nin"] = new(1 / 8.0, 67, Rate: 0.001f, Seed: 29),
        ["overfeat"] = new(1 / 32.0, 231),
        ["vgg11"] = new(1 / 16.0, 32),
        ["vgg13"] = new(1 / 16.0, 32),
        ["vgg16"] = new(1 / 16.0, 32),
        ["vgg19"] = new(1 / 16.0, 32),
        ["googlenet"] = new(1 / 16.0, 80),
        ["inception-v4"] = new(1 / 16.0, 75),
        ["resnet18"] = new(1 / 16.0, 32),
        ["resnet34"] = new(1 / 16.0, 32),
        ["resnet50"] = new(1 / 16.0, 32),
        ["resnet101"] = new(1 / 16.0, 32),
        ["resnet152"] = new(1 / 16.0, 32),
        ["se-resnet50"] = new(1 / 16.0, 32),
        ["cifar-resnet20"] = new(0.5, 16),
        ["cifar-resnet32"] = new(0.5, 16),
        ["cifar-resnet44"] = new(0.5, 16),
        ["cifar-resnet56"] = new(0.5, 16),
        ["cifar-resnet110"] = new(0.25, 16),
        ["mobilenet"] = new(1 / 8.0, 32),
        ["sppnet"] = new(1 / 16.0, 64),
    };

    private readonly record struct Reduction(double Width, int Size, float Rate = 0.003f, long Seed = 1);

    public static TheoryData<string> Classifiers { get; } = [.. Reduced.Keys];

    [Theory, MemberData(nameof(Classifiers))]
    public void A_narrow_network_learns_a_handful_of_images_by_heart(string name)
    {
        (double width, int size, float rate, long seed) = Reduced[name];
        Model model = ModelZoo.Named(name);
        model = model with { Width = width, Classes = Images, HasDropout = false, Input = new Shape(model.Input[0], size, size) };
        Network network = model.Compile(new NetworkOptions { BatchSize = Images, Seed = seed });
        TensorDataset images = new("by heart", RandomImages(model.Input, Images), [0, 1, 2, 3], Images);
        CrossEntropy loss = new();
        Learn(network, rate, () => network.Backpropagate(images, Some.Indices(Images), loss).MeanLoss);
        Assert.Equal(Images, network.Backpropagate(images, Some.Indices(Images), loss).Correct);
    }

    [Theory]
    [InlineData("encoder-decoder")]
    [InlineData("encoder-decoder-bilinear")]
    public void An_encoder_decoder_learns_the_class_of_every_pixel(string name)
    {
        Shape output = new(3, 16, 20);
        Model model = (EncoderDecoder)ModelZoo.Named(name) with { Depth = 2, Width = 1 / 8.0, Classes = 3, Input = output };
        Network network = model.Compile(new NetworkOptions { BatchSize = Images });
        Assert.Equal(output, network.OutputShape);
        Tensor images = RandomImages(model.Input, Images);
        int pixels = output[1] * output[2];
        int[] labels = [.. Enumerable.Range(0, Images * pixels).Select(i => i / 7 * 5 % 3)];
        PixelCrossEntropy loss = new();
        Learn(network, 0.01f, () => network.Backpropagate(images.Span, (in LossStep step) =>
            loss.Run(output, step.Output(), labels.AsSpan(step.FirstImage * pixels, step.Images * pixels), step.Scale, step.OutputGradient())).MeanLoss);
        Assert.InRange(loss.Judge(output, network.Outputs, labels).Correct, 0.99 * Images * pixels, Images * pixels);
    }

    // An object of 24×24 pixels in each image: at each place of each level, whether it lies in the object, and if so where the object's
    // corner is and how large it is.
    [Theory]
    [InlineData("fpn-resnet50")]
    public void A_feature_pyramid_learns_where_objects_are(string name)
    {
        Model model = (FeaturePyramid)ModelZoo.Named(name) with { Width = 1 / 16.0, Anchors = 1, Input = new Shape(3, 64, 64) };
        Network network = model.Compile(new NetworkOptions { BatchSize = Images });
        Tensor images = RandomImages(model.Input, Images);
        (int Top, int Left)[] objects = [(0, 0), (8, 32), (40, 40), (32, 4)];
        (float[] Targets, float[] Weights)[] wanted = [.. Enumerable.Range(0, network.OutputCount).Select(i => Wanted(objects, network.OutputShapeOf(i)))];
        float places = wanted.Sum(one => one.Weights.Sum());
        Learn(network, 0.01f, () => Images / places * network.Backpropagate(images.Span, (in LossStep step) =>
        {
            double sum = 0;
            for (int i = 0; i < wanted.Length; i++)
            {
                int first = step.FirstImage * network.OutputShapeOf(i).Length, length = step.Output(i).Length;
                ReadOnlySpan<float> targets = wanted[i].Targets.AsSpan(first, length), weights = wanted[i].Weights.AsSpan(first, length);
                sum += network.OutputShapeOf(i)[0] == 1
                    ? SigmoidCrossEntropy.Run(step.Output(i), targets, step.Scale, step.OutputGradient(i))
                    : SmoothL1.Run(step.Output(i), targets, step.Scale, step.OutputGradient(i), weights);
            }
            return sum;
        }).MeanLoss);
    }

    private static (float[] Targets, float[] Weights) Wanted((int Top, int Left)[] objects, Shape output)
    {
        List<float> targets = [], weights = [];
        int stride = 64 / output[1];
        foreach ((int top, int left) in objects)
            for (int c = 0; c < output[0]; c++)
                for (int y = 0; y < output[1]; y++)
                    for (int x = 0; x < output[2]; x++)
                    {
                        int down = (y * stride) - top, right = (x * stride) - left;
                        bool isInside = down is >= 0 and < 24 && right is >= 0 and < 24, isBox = output[0] > 1;
                        targets.Add(!isBox ? (isInside ? 1 : 0) : c switch { 0 => down / 24f, 1 => right / 24f, _ => 1 });
                        weights.Add(!isBox || isInside ? 1 : 0);
                    }
        return ([.. targets], [.. weights]);
    }

    private static void Learn(Network network, float rate, Func<double> backpropagate)
    {
        Adam optimizer = new();
        double first = 0, loss = 0;
        for (int step = 0; step < 200; step++)
        {
            loss = backpropagate();
            Assert.True(double.IsFinite(loss), $"the loss is {loss} in step {step}");
            if (step == 0) first = loss;
            if (loss < LearntLoss) break;
            optimizer.Step(network.Parameters, rate);
        }
        Assert.True(first > 2 * LearntLoss && loss < LearntLoss, $"the loss is {loss} after {network.Steps} steps, {first} at first");
        Assert.All(network.Parameters, p => Assert.True(float.IsFinite(TensorPrimitives.SumOfMagnitudes(p.Gradient.Span))));
    }

    internal static Tensor RandomImages(Shape image, int count)
    {
        Random random = new(1);
        Tensor images = Tensor.Zeros(image.Prepend(count));
        foreach (ref float value in images.Span) value = (random.NextSingle() * 2) - 1;
        return images;
    }
}
