using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// OverFeat, the fast model (P. Sermanet et al., "OverFeat: Integrated Recognition, Localization and Detection using Convolutional
/// Networks", 2014, table 1): its classifier is made of convolutions, so that an image larger than 231×231 gives a map of scores,
/// one for each place of the window.
/// </summary>
public sealed record OverFeat() : Model(new Shape(3, 231, 231), 1000)
{
    /// <inheritdoc/>
    public override string Name => "overfeat";

    private protected override void Build(Graph graph) => graph.Input
        .Conv("conv1", Scaled(96), 11, stride: 4).Then(new MaxPool2d(2))
        .Conv("conv2", Scaled(256), 5).Then(new MaxPool2d(2))
        .Conv("conv3", Scaled(512), 3, padding: 1)
        .Conv("conv4", Scaled(1024), 3, padding: 1)
        .Conv("conv5", Scaled(1024), 3, padding: 1).Then(new MaxPool2d(2))
        .Drop(Share(0.5f)).Conv("conv6", Scaled(3072), 6)
        .Drop(Share(0.5f)).Conv("conv7", Scaled(4096), 1)
        .Then(new Conv2d(Classes, 1) { Name = "conv8" });
}
