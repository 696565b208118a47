using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// ZFNet (M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014): AlexNet in one column with a smaller first
/// filter and stride, so that early features are neither aliased nor dead.
/// </summary>
public sealed record ZfNet() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => "zfnet";

    /// <summary>What makes classes of the feature maps; fully connected layers if left out.</summary>
    public Head Head { get; init; }

    private protected override void Build(Graph graph) => Features(graph.Input, Scaled).Then(new MaxPool2d(3, 2)).Classify(Head, Scaled(4096), Classes, Share(0.5f));

    /// <summary>Five convolutions to 256 maps of 13×13. The paper's sizes between, 110, 55 and 26, come about with padding 1.</summary>
    internal static Value Features(Value image, Func<int, int> scaled) => image
        .Conv("conv1", scaled(96), 7, stride: 2, padding: 1)
        .Then(new MaxPool2d(3, 2, padding: 1)).LocalNorm()
        .Conv("conv2", scaled(256), 5, stride: 2)
        .Then(new MaxPool2d(3, 2, padding: 1)).LocalNorm()
        .Conv("conv3", scaled(384), 3, padding: 1)
        .Conv("conv4", scaled(384), 3, padding: 1)
        .Conv("conv5", scaled(256), 3, padding: 1);
}
