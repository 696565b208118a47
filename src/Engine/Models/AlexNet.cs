using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// AlexNet (A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012): two groups,
/// one for each of the paper's GPUs, local response normalisation, overlapping pooling, dropout.
/// </summary>
public sealed record AlexNet() : Model(new Shape(3, 227, 227), 1000)
{
    /// <inheritdoc/>
    public override string Name => "alexnet";

    /// <summary>What makes classes of the feature maps; fully connected layers if left out.</summary>
    public Head Head { get; init; }

    private protected override void Build(Graph graph) => graph.Input
        .Conv("conv1", Scaled(96), 11, stride: 4)
        .LocalNorm().Then(new MaxPool2d(3, 2))
        .Conv("conv2", Scaled(256), 5, padding: 2, groups: 2)
        .LocalNorm().Then(new MaxPool2d(3, 2))
        .Conv("conv3", Scaled(384), 3, padding: 1)
        .Conv("conv4", Scaled(384), 3, padding: 1, groups: 2)
        .Conv("conv5", Scaled(256), 3, padding: 1, groups: 2)
        .Then(new MaxPool2d(3, 2))
        .Classify(Head, Scaled(4096), Classes, Share(0.5f));
}

/// <summary>
/// AlexNet in one column (A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014): no groups, no
/// normalisation, fewer filters.
/// </summary>
public sealed record AlexNetOneColumn() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => "alexnet-one-column";

    /// <summary>What makes classes of the feature maps; fully connected layers if left out.</summary>
    public Head Head { get; init; }

    private protected override void Build(Graph graph) => graph.Input
        .Conv("conv1", Scaled(64), 11, stride: 4, padding: 2)
        .Then(new MaxPool2d(3, 2))
        .Conv("conv2", Scaled(192), 5, padding: 2)
        .Then(new MaxPool2d(3, 2))
        .Conv("conv3", Scaled(384), 3, padding: 1)
        .Conv("conv4", Scaled(256), 3, padding: 1)
        .Conv("conv5", Scaled(256), 3, padding: 1)
        .Then(new MaxPool2d(3, 2))
        .Classify(Head, Scaled(4096), Classes, Share(0.5f));
}
