using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// VGG (K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015): nothing but 3×3
/// convolutions, two or more between poolings, so that they see 5×5 and 7×7 with fewer weights.
/// </summary>
/// <param name="Depth">Layers with weights: 11, 13, 16 or 19 (the paper's columns A, B, D, E).</param>
public sealed record Vgg(int Depth) : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => HasBatchNorm ? $"vgg{Depth}-bn" : $"vgg{Depth}";

    /// <summary>What makes classes of the feature maps; fully connected layers if left out.</summary>
    public Head Head { get; init; }

    /// <summary>Whether batch normalisation follows each convolution, which keeps its bias: torchvision's variant. False, as in the paper, if left out.</summary>
    public bool HasBatchNorm { get; init; }

    private protected override void Build(Graph graph)
    {
        int[] stages = Depth switch
        {
            11 => [1, 1, 2, 2, 2],
            13 => [2, 2, 2, 2, 2],
            16 => [2, 2, 3, 3, 3],
            19 => [2, 2, 4, 4, 4],
            _ => throw new ArgumentException($"VGG has 11, 13, 16 or 19 layers, not {Depth}"),
        };
        Value x = graph.Input;
        for (int stage = 0; stage < stages.Length; stage++)
        {
            for (int i = 1; i <= stages[stage]; i++) x = Conv(x, $"conv{stage + 1}_{i}", Scaled(Math.Min(64 << stage, 512)));
            x = x.Then(new MaxPool2d(2));
        }
        x.Classify(Head, Scaled(4096), Classes, Share(0.5f));
    }

    private Value Conv(Value x, string name, int filters)
    {
        x = x.Then(new Conv2d(filters, 3, padding: 1) { Name = name });
        return (HasBatchNorm ? x.Then(new BatchNorm2d { Name = $"{name}.bn" }) : x).Then(new ReLU());
    }
}
