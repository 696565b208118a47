using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>What a network is compiled for.</summary>
public sealed record NetworkOptions
{
    /// <summary>The most images of one step; 64 if left out. Smaller batches may be given.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Where new parameters' random numbers begin.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Whether the network is to be trained; if not, memory for gradients is saved. True if left out.</summary>
    public bool Training { get; init; } = true;

    /// <summary>Whether ∂loss/∂image is wanted, as for gradient checks and saliency.</summary>
    public bool InputGradient { get; init; }

    /// <summary>Whether new parameters are filled with random numbers; not if a file's will come at once.</summary>
    internal bool StartsRandom { get; init; } = true;

    /// <summary>The most images that go through a network together in one part: few enough for their activations to stay in the cache.</summary>
    internal int PassImages { get; init; } = 16;

    /// <summary>The layout to compute in, for tests; null to choose by the layers and the number of images.</summary>
    internal BatchLayout? Layout { get; init; }
}
