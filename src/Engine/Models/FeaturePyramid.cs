using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// A feature pyramid on ResNet (T.-Y. Lin et al., "Feature Pyramid Networks for Object Detection", 2017) with a region proposal head
/// (S. Ren et al., "Faster R-CNN", 2015) on each of its levels: a 3×3 convolution, then 1×1 to an objectness and 1×1 to four box
/// coordinates for each anchor. The head's weights are the same on all levels.
/// </summary>
/// <remarks>
/// Outputs: 0 the boxes of the coarsest level (the last value), then objectness and boxes of each level from fine to coarse, the last
/// boxes left out.
/// </remarks>
public sealed record FeaturePyramid() : Model(new Shape(3, 224, 224), 1)
{
    /// <inheritdoc/>
    public override string Name => $"fpn-resnet{Depth}";

    /// <summary>Depth of the ResNet; 50 if left out.</summary>
    public int Depth { get; init; } = 50;

    /// <summary>Channels of every level; 256 if left out, times the width.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>Anchors at each pixel; 3 if left out.</summary>
    public int Anchors { get; init; } = 3;

    // As the papers have it, the head begins with small weights: no opinion on any anchor.
    private static Initializer Small => Initializer.Kaiming.Scaled(0.1f);

    private protected override void Build(Graph graph)
    {
        if (Channels < 1) throw new ArgumentException($"{Name}: the number of channels is {Channels}; it must be at least 1");
        if (Anchors < 1) throw new ArgumentException($"{Name}: the number of anchors is {Anchors}; it must be at least 1");
        Value[] stages = new ResNet(Depth) { Width = Width }.Stages(graph.Input);
        int channels = Scaled(Channels);
        Value[] levels = new Value[stages.Length + 1];
        Value top = default;
        for (int i = stages.Length - 1; i >= 0; i--)
        {
            Value lateral = stages[i].Then(new Conv2d(channels, 1) { Name = $"lateral{i + 2}" });
            top = i == stages.Length - 1 ? lateral : lateral.Plus(top.Then(new Upsample(2)));
            levels[i] = top.Then(new Conv2d(channels, 3, padding: 1) { Name = $"output{i + 2}" });
        }
        // P6, only for proposals: every second pixel of P5.
        levels[^1] = levels[^2].Then(new MaxPool2d(1, 2));
        Propose(graph, levels, channels);
    }

    private void Propose(Graph graph, Value[] levels, int channels)
    {
        Layer? conv = null, objectness = null, boxes = null;
        for (int i = 0; i < levels.Length; i++)
        {
            string name = $"rpn{i + 2}";
            Conv2d thisConv = new(channels, 3, padding: 1) { Name = $"{name}.conv", SharesWith = conv };
            Conv2d thisObjectness = new(Anchors, 1) { Name = $"{name}.objectness", SharesWith = objectness, Initializer = Small };
            Conv2d theseBoxes = new(4 * Anchors, 1) { Name = $"{name}.boxes", SharesWith = boxes, Initializer = Small };
            Value x = levels[i].Then(thisConv).Then(new ReLU());
            graph.AddOutput(x.Then(thisObjectness));
            graph.AddOutput(x.Then(theseBoxes));
            (conv, objectness, boxes) = (conv ?? thisConv, objectness ?? thisObjectness, boxes ?? theseBoxes);
        }
    }
}
