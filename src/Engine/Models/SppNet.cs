using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// SPP-net (K. He, X. Zhang, S. Ren, J. Sun, "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition", 2014): ZFNet's
/// convolutions, pooled at several sizes into a vector of fixed length, so that images may have any size.
/// </summary>
public sealed record SppNet() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => "sppnet";

    /// <summary>The pyramid's sizes; the paper's 6, 3, 2 and 1 if left out, 50 bins.</summary>
    public IReadOnlyList<int> Levels { get; init; } = [6, 3, 2, 1];

    /// <inheritdoc/>
    public bool Equals(SppNet? other) => base.Equals(other) && Levels.SequenceEqual(other.Levels);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Levels.Count);

    private protected override void Build(Graph graph) => ZfNet.Features(graph.Input, Scaled)
        .Then(new SpatialPyramidPool([.. Levels]))
        .Classify(Head.FullyConnected, Scaled(4096), Classes, Share(0.5f));
}
