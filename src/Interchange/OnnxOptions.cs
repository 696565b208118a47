using CnnEngine.Data;

namespace CnnEngine.Interchange;

/// <summary>What the numbers that an exported model is given are.</summary>
public enum OnnxInput
{
    /// <summary>What the network itself takes: pixels that are normalised already.</summary>
    Normalized,

    /// <summary>Pixels from 0 to 1, which the model normalises itself.</summary>
    PixelsTo1,

    /// <summary>Pixels from 0 to 255, which the model normalises itself.</summary>
    PixelsTo255,
}

/// <summary>How a network is exported.</summary>
public sealed record OnnxOptions
{
    /// <summary>
    /// Whether batch normalisations become part of the weights before them, as <see cref="Graphs.Network.Fold"/> does; false if left out, and they
    /// are nodes of their own.
    /// </summary>
    public bool Fold { get; init; }

    /// <summary>The name of the model's input; <c>input</c> if left out.</summary>
    public string InputName { get; init; } = "input";

    /// <summary>What the model is given; normalised pixels if left out.</summary>
    public OnnxInput Input { get; init; }

    /// <summary>
    /// Whether the model gives probabilities, an output called <c>probabilities</c>: a softmax comes behind the last layer, unless that is one. False
    /// if left out.
    /// </summary>
    public bool Softmax { get; init; }

    /// <summary>How pictures become the network's input; kept in the model, and needed for an <see cref="Input"/> of pixels.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>The names of the classes, in the order of the outputs; kept in the model.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>What else is to be kept in the model.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}
