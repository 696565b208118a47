using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>A value in a graph: the input, or what a layer computes.</summary>
public readonly record struct Value
{
    internal Value(Graph graph, int seat) => (Graph, Seat) = (graph, seat);

    internal Graph Graph { get; }

    internal int Seat { get; }
}

/// <summary>What is connected to what: layers and the values between them, without sizes and without memory.</summary>
public sealed class Graph
{
    private readonly List<(Layer Layer, int[] Inputs)> _layers = [];

    /// <summary>The images.</summary>
    public Value Input => new(this, 0);

    internal IReadOnlyList<(Layer Layer, int[] Inputs)> Layers => _layers;

    /// <summary>Adds a layer that reads some values, and returns the value that it computes.</summary>
    /// <exception cref="ArgumentException">The layer is in the graph already, reads another number of values, or a value belongs to another graph.</exception>
    public Value Add(Layer layer, params ReadOnlySpan<Value> inputs)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (inputs.Length != layer.InputCount)
            throw new ArgumentException($"{layer} reads {layer.InputCount} values, not {inputs.Length}", nameof(inputs));
        if (_layers.Exists(l => ReferenceEquals(l.Layer, layer)))
            throw new ArgumentException($"{layer} is in the graph already; make a layer for each place", nameof(layer));
        int[] seats = new int[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (!ReferenceEquals(inputs[i].Graph, this)) throw new ArgumentException($"input {i} of {layer} belongs to another graph", nameof(inputs));
            seats[i] = inputs[i].Seat;
        }
        _layers.Add((layer, seats));
        return new Value(this, _layers.Count);
    }

    /// <summary>Compiles the graph for images of one shape; the last value added is the network's output.</summary>
    /// <param name="input">The shape of one image, <c>C×H×W</c>.</param>
    /// <param name="options">Batch size, seed and the like.</param>
    /// <exception cref="ArgumentException">A layer cannot take its input (the message names it), a value is never read, or two layers have one name.</exception>
    public Network Compile(Shape input, NetworkOptions? options = null) => new(this, input, options ?? new NetworkOptions());
}
