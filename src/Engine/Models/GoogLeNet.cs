using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// GoogLeNet, Inception v1 (C. Szegedy et al., "Going Deeper with Convolutions", 2015, table 1): filters of several sizes side by side
/// behind 1×1 reductions, and two auxiliary classifiers that feed gradients to the middle while it is trained.
/// </summary>
public sealed record GoogLeNet() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => HasBatchNorm ? "googlenet-bn" : "googlenet";

    /// <summary>
    /// Whether the network is torchvision's: batch normalisation behind every convolution and no other, 3×3 filters in place of 5×5, a smaller
    /// last pooling and less dropout. False, as in the paper, if left out.
    /// </summary>
    public bool HasBatchNorm { get; init; }

    private protected override void Build(Graph graph)
    {
        Value x = Conv(graph.Input, "conv1", 64, 7, stride: 2, padding: 3).Then(new MaxPool2d(3, 2, ceilMode: true));
        if (!HasBatchNorm) x = x.Then(new LocalResponseNorm(5));
        x = Conv(Conv(x, "conv2.reduce", 64, 1), "conv2", 192, 3, padding: 1);
        if (!HasBatchNorm) x = x.Then(new LocalResponseNorm(5));
        x = x.Then(new MaxPool2d(3, 2, ceilMode: true));
        x = Inception(x, "3a", 64, 96, 128, 16, 32, 32);
        x = Inception(x, "3b", 128, 128, 192, 32, 96, 64).Then(new MaxPool2d(3, 2, ceilMode: true));
        x = Inception(x, "4a", 192, 96, 208, 16, 48, 64);
        graph.AddAuxiliary(Auxiliary(x, "auxiliary1"), 0.3f);
        x = Inception(x, "4b", 160, 112, 224, 24, 64, 64);
        x = Inception(x, "4c", 128, 128, 256, 24, 64, 64);
        x = Inception(x, "4d", 112, 144, 288, 32, 64, 64);
        graph.AddAuxiliary(Auxiliary(x, "auxiliary2"), 0.3f);
        x = Inception(x, "4e", 256, 160, 320, 32, 128, 128).Then(new MaxPool2d(HasBatchNorm ? 2 : 3, 2, ceilMode: true));
        x = Inception(x, "5a", 256, 160, 320, 32, 128, 128);
        x = Inception(x, "5b", 384, 192, 384, 48, 128, 128);
        x.Then(new GlobalMeanPool2d()).Then(new Flatten()).Drop(Share(HasBatchNorm ? 0.2f : 0.4f)).Then(new Linear(Classes) { Name = "fc" });
    }

    // The paper's table 1, from left to right.
    private Value Inception(Value x, string name, int ones, int reduce3, int threes, int reduce5, int fives, int pooled) => Blocks.Concatenate(
        Conv(x, $"{name}.1x1", ones, 1),
        Conv(Conv(x, $"{name}.3x3.reduce", reduce3, 1), $"{name}.3x3", threes, 3, padding: 1),
        Conv(Conv(x, $"{name}.5x5.reduce", reduce5, 1), $"{name}.5x5", fives, HasBatchNorm ? 3 : 5, padding: HasBatchNorm ? 1 : 2),
        Conv(x.Then(new MaxPool2d(3, 1, padding: 1)), $"{name}.pool", pooled, 1));

    private Value Auxiliary(Value x, string name) =>
        Conv(HasBatchNorm ? x.Then(new AdaptiveMeanPool2d(4)) : x.Then(new MeanPool2d(5, 3)), $"{name}.conv", 128, 1)
        .Then(new Flatten()).Then(new Linear(Scaled(1024)) { Name = $"{name}.fc1" }).Then(new ReLU())
        .Drop(Share(0.7f)).Then(new Linear(Classes) { Name = $"{name}.fc2" });

    private Value Conv(Value x, string name, int filters, Size2 filter, Size2? stride = null, Padding padding = default) => HasBatchNorm
        ? x.ConvNorm(name, $"{name}.bn", Scaled(filters), filter, stride, padding, epsilon: 1e-3f).Then(new ReLU())
        : x.Conv(name, Scaled(filters), filter, stride, padding);
}
