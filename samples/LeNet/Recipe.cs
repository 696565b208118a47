using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace LeNet;

/// <summary>A network and how it is trained, unless options say otherwise.</summary>
internal sealed record Recipe
{
    /// <summary>The layers, not yet compiled: 28×28 pixels in, ten logits out.</summary>
    public required Func<Sequential> Layers { get; init; }

    /// <summary>How parameters are updated; a new one for each training, because it remembers.</summary>
    public required Func<Optimizer> Optimizer { get; init; }

    /// <summary>What training makes small.</summary>
    public CrossEntropy Loss { get; init; } = new();

    /// <summary>How often every image is seen.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images of one step.</summary>
    public required int Batch { get; init; }

    /// <summary>The highest learning rate of the cycle.</summary>
    public required float Rate { get; init; }

    /// <summary>The learning rate from step to step.</summary>
    public static Schedule Schedule(float rate) => new OneCycle(rate);
}
