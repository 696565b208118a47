using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// MobileNet v1 (A. Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017, table 1):
/// depthwise separable convolutions, an eighth of the work of plain ones; <see cref="Model.Width"/> is the paper's α.
/// </summary>
public sealed record MobileNet() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => "mobilenet";

    private protected override void Build(Graph graph)
    {
        Value x = graph.Input.ConvNorm("conv1", "bn1", Scaled(32), 3, 2, 1).Then(new ReLU());
        int channels = Scaled(32), number = 1;
        foreach ((int filters, int stride) in ((int, int)[])
            [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)])
        {
            number++;
            x = x.ConvNorm($"conv{number}.depthwise", $"bn{number}.depthwise", channels, 3, stride, 1, groups: channels).Then(new ReLU());
            channels = Scaled(filters);
            x = x.ConvNorm($"conv{number}.pointwise", $"bn{number}.pointwise", channels, 1).Then(new ReLU());
        }
        x.Then(new GlobalMeanPool2d()).Then(new Flatten()).Then(new Linear(Classes) { Name = "fc" });
    }
}
