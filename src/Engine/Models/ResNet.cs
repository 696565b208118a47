using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// ResNet (K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016, table 1): every block adds to what it is
/// given. Layers have torchvision's names. As there, a bottleneck's stride is in its 3×3 convolution, not in the first 1×1 (ResNet v1.5).
/// </summary>
/// <param name="Depth">Layers with weights: 18 or 34 of two 3×3 convolutions a block; 50, 101 or 152 of 1×1, 3×3 and 1×1.</param>
public sealed record ResNet(int Depth) : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => (IsSqueezed ? "se-" : "") + $"resnet{Depth}";

    /// <summary>
    /// Whether each block weighs its channels by what it sees of the whole image (J. Hu, L. Shen, G. Sun, "Squeeze-and-Excitation
    /// Networks", 2018), with a sixteenth of the channels between.
    /// </summary>
    public bool IsSqueezed { get; init; }

    /// <summary>Whether the first layer is a 3×3 convolution without pooling behind it, for images of 32×32; false if left out.</summary>
    public bool HasSmallImages { get; init; }

    private bool IsBottleneck => Depth >= 50;

    private protected override void Build(Graph graph) =>
        Stages(graph.Input)[^1].Then(new GlobalMeanPool2d()).Then(new Flatten()).Then(new Linear(Classes) { Name = "fc" });

    /// <summary>The outputs of the four stages, at strides 4, 8, 16 and 32.</summary>
    internal Value[] Stages(Value image)
    {
        int[] blocks = Depth switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            152 => [3, 8, 36, 3],
            _ => throw new ArgumentException($"ResNet has 18, 34, 50, 101 or 152 layers, not {Depth}"),
        };
        Value x = HasSmallImages
            ? image.ConvNorm("conv1", "bn1", Scaled(64), 3, padding: 1).Then(new ReLU())
            : image.ConvNorm("conv1", "bn1", Scaled(64), 7, 2, 3).Then(new ReLU()).Then(new MaxPool2d(3, 2, padding: 1));
        Value[] stages = new Value[4];
        int channels = Scaled(64);
        for (int stage = 0; stage < 4; stage++)
        {
            int width = Scaled(64 << stage);
            for (int i = 0; i < blocks[stage]; i++)
            {
                string name = $"layer{stage + 1}.{i}";
                int stride = stage > 0 && i == 0 ? 2 : 1, outputs = IsBottleneck ? 4 * width : width;
                Value shortcut = stride == 1 && channels == outputs ? x
                    : x.ConvNorm($"{name}.downsample.0", $"{name}.downsample.1", outputs, 1, stride);
                Value residual = IsBottleneck ? Bottleneck(x, name, width, stride) : Basic(x, name, width, stride);
                if (IsSqueezed) residual = Squeezed(residual, name, outputs);
                x = residual.Plus(shortcut).Then(new ReLU());
                channels = outputs;
            }
            stages[stage] = x;
        }
        return stages;
    }

    private static Value Basic(Value x, string name, int width, Size2 stride) => x
        .ConvNorm($"{name}.conv1", $"{name}.bn1", width, 3, stride, 1).Then(new ReLU())
        .ConvNorm($"{name}.conv2", $"{name}.bn2", width, 3, 1, 1);

    private static Value Bottleneck(Value x, string name, int width, Size2 stride) => x
        .ConvNorm($"{name}.conv1", $"{name}.bn1", width, 1).Then(new ReLU())
        .ConvNorm($"{name}.conv2", $"{name}.bn2", width, 3, stride, 1).Then(new ReLU())
        .ConvNorm($"{name}.conv3", $"{name}.bn3", 4 * width, 1);

    private static Value Squeezed(Value x, string name, int channels)
    {
        Value weights = x.Then(new GlobalMeanPool2d())
            .Conv($"{name}.se.fc1", Math.Max(1, channels / 16), 1)
            .Then(new Conv2d(channels, 1) { Name = $"{name}.se.fc2" }).Then(new Sigmoid());
        return x.Graph.Add(new ChannelScale(), x, weights);
    }
}

/// <summary>
/// ResNet for CIFAR-10 (K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016, section 4.2): 6n + 2 layers
/// in three stages of 16, 32 and 64 channels. Shortcuts to more channels have no weights (option A): every second pixel, and zeros for the
/// new channels.
/// </summary>
/// <param name="Depth">Layers with weights, 6n + 2: 20, 32, 44, 56, 110.</param>
public sealed record CifarResNet(int Depth) : Model(new Shape(3, 32, 32), 10)
{
    /// <inheritdoc/>
    public override string Name => $"cifar-resnet{Depth}";

    private protected override void Build(Graph graph)
    {
        if (Depth < 8 || Depth % 6 != 2) throw new ArgumentException($"a ResNet for CIFAR has 6n + 2 layers (20, 32, 44, 56, 110), not {Depth}");
        Value x = graph.Input.ConvNorm("conv1", "bn1", Scaled(16), 3, padding: 1).Then(new ReLU());
        int channels = Scaled(16);
        for (int stage = 0; stage < 3; stage++)
            for (int i = 0; i < Depth / 6; i++)
            {
                string name = $"layer{stage + 1}.{i}";
                int width = Scaled(16 << stage), stride = stage > 0 && i == 0 ? 2 : 1, added = width - channels;
                Value shortcut = stride == 1 ? x : x.Then(new MaxPool2d(1, stride)).Then(new PadChannels(added / 2, added - (added / 2)));
                x = x.ConvNorm($"{name}.conv1", $"{name}.bn1", width, 3, stride, 1).Then(new ReLU())
                    .ConvNorm($"{name}.conv2", $"{name}.bn2", width, 3, 1, 1)
                    .Plus(shortcut).Then(new ReLU());
                channels = width;
            }
        x.Then(new GlobalMeanPool2d()).Then(new Flatten()).Then(new Linear(Classes) { Name = "fc" });
    }
}
