namespace CnnEngine.Models;

/// <summary>The networks that there are, by name.</summary>
public static class ModelZoo
{
    private static readonly Model[] All =
    [
        new LeNet5(), new ModernLeNet5(),
        new AlexNet(), new AlexNetOneColumn(), new ZfNet(), new NetworkInNetwork(), new OverFeat(),
        new Vgg(11), new Vgg(13), new Vgg(16), new Vgg(19),
        new GoogLeNet(), new InceptionV4(),
        new ResNet(18), new ResNet(34), new ResNet(50), new ResNet(101), new ResNet(152), new ResNet(50) { IsSqueezed = true },
        new CifarResNet(20), new CifarResNet(32), new CifarResNet(44), new CifarResNet(56), new CifarResNet(110),
        new MobileNet(), new SppNet(), new FeaturePyramid(), new EncoderDecoder(), new EncoderDecoder { IsBilinear = true },
    ];

    /// <summary>Their names: <c>lenet5</c>, <c>resnet18</c>, ….</summary>
    public static IReadOnlyList<string> Names { get; } = Array.ConvertAll(All, model => model.Name);

    /// <summary>The network of a name, with the paper's options; to be changed by <c>with { Classes = 10 }</c>.</summary>
    /// <exception cref="ArgumentException">There is none of the name.</exception>
    public static Model Named(string name) => Array.Find(All, model => model.Name == name)
        ?? throw new ArgumentException($"there is no network \"{name}\"; there are {string.Join(", ", Names)}", nameof(name));
}
