using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>
/// A place in a network's plan of memory: so many floats for each image, and so many for all of them together, needed from one moment of a
/// step to another.
/// </summary>
internal sealed class Buffer(int floatsPerImage, int start, int end, int floatsForAll = 0)
{
    public int FloatsPerImage { get; } = floatsPerImage;

    /// <summary>The floats that a pass of <paramref name="images"/> images takes.</summary>
    public long Floats(int images) => ((long)FloatsPerImage * images) + floatsForAll;

    /// <summary>The first and the last moment at which the numbers are needed.</summary>
    public int Start { get; private set; } = start;

    public int End { get; private set; } = end;

    /// <summary>Where the buffer lies in each workspace, in floats; set by the memory planner.</summary>
    public int Offset { get; set; }

    public void Extend(int start, int end) => (Start, End) = (Math.Min(Start, start), Math.Max(End, end));
}

/// <summary>A layer in its place in a compiled network: what it reads and where everything lies.</summary>
internal sealed class Node
{
    public Node(string name, Layer? layer, Node[] inputs, Shape shape, int seat)
    {
        (Name, Layer, Inputs, Shape, Seat) = (name, layer, inputs, shape, seat);
        InputGradients = new Buffer?[inputs.Length];
    }

    public string Name { get; }

    /// <summary>Null for the network's input.</summary>
    public Layer? Layer { get; }

    public Node[] Inputs { get; }

    /// <summary>The shape of one image of the output.</summary>
    public Shape Shape { get; }

    /// <summary>Its number in the order of computation; the input's is 0.</summary>
    public int Seat { get; }

    public List<(Node Node, int Input)> Readers { get; } = [];

    /// <summary>Whether somebody outside the network reads the value.</summary>
    public bool IsOutput { get; set; }

    public Buffer Value { get; set; } = null!;

    /// <summary>∂loss/∂output; null if nobody upstream learns.</summary>
    public Buffer? Gradient { get; set; }

    /// <summary>∂loss/∂input for each input; null where nobody upstream learns.</summary>
    public Buffer?[] InputGradients { get; }

    /// <summary>Gradients by further readers of the output, to be added to <see cref="Gradient"/> before the backward pass.</summary>
    public List<Buffer> FurtherGradients { get; } = [];

    public Buffer[] Saved { get; set; } = [];

    /// <summary>The activation that this layer applies as it writes its output.</summary>
    public Activation Activation { get; set; }

    /// <summary>Whether the layer before computes this one's output as it writes its own.</summary>
    public bool IsFused { get; set; }

    /// <summary>
    /// An activation that this layer's backward pass undoes for the layer before: where every output is one of the inputs,
    /// <c>δ ⊙ σ'(y)</c> can be taken of the few outputs instead of the many inputs.
    /// </summary>
    public Activation InputActivation { get; set; }

    /// <summary>Whether the layer behind has undone this activation.</summary>
    public bool IsUndoneByReader { get; set; }

    /// <summary>Whether the output lies over the input.</summary>
    public bool IsInPlace { get; set; }

    public bool NeedsGradient { get; set; }
}
