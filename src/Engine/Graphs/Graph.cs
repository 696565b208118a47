using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>A value in a graph: the input, or what a layer computes.</summary>
public readonly record struct Value
{
    internal Value(Graph graph, int seat) => (Graph, Seat) = (graph, seat);

    internal Graph Graph { get; }

    internal int Seat { get; }

    /// <summary>Adds a layer that reads this value alone, and returns what it computes: <c>x.Then(new Conv2d(6, 5)).Then(new ReLU())</c>.</summary>
    /// <exception cref="ArgumentException">The layer is in the graph already, or reads several values.</exception>
    public Value Then(Layer layer) => Graph.Add(layer, this);

    /// <summary>Adds the layers of a block, the first of which reads this value, and returns what the last computes.</summary>
    /// <exception cref="ArgumentException">A layer is in the graph already, or reads several values.</exception>
    public Value Then(Sequential block)
    {
        ArgumentNullException.ThrowIfNull(block);
        Value value = this;
        foreach (Layer layer in block) value = value.Then(layer);
        return value;
    }
}

/// <summary>What is connected to what: layers and the values between them, without sizes and without memory.</summary>
public sealed class Graph
{
    private readonly List<(Layer Layer, int[] Inputs)> _layers = [];
    private readonly List<(int Seat, float Weight)> _outputs = [];

    /// <summary>The images.</summary>
    public Value Input => new(this, 0);

    internal IReadOnlyList<(Layer Layer, int[] Inputs)> Layers => _layers;

    /// <summary>Outputs besides the last value; a weight of 0 is that of an output proper.</summary>
    internal IReadOnlyList<(int Seat, float Weight)> FurtherOutputs => _outputs;

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

    /// <summary>
    /// Makes a value an output of the network, besides the last value added: number 1, 2, … in the order of the calls
    /// (<see cref="Network.OutputsOf"/>).
    /// </summary>
    /// <exception cref="ArgumentException">The value belongs to another graph, or is an output already.</exception>
    public void AddOutput(Value value) => AddOutput(value, 0);

    /// <summary>
    /// Makes a value an output whose loss counts, too, while the network is trained: the same loss as the last value's, times a weight, as
    /// of GoogLeNet's auxiliary classifiers. A network compiled without training leaves it out, with all layers that serve it alone.
    /// </summary>
    /// <param name="value">What the auxiliary classifier computes; of the last value's shape.</param>
    /// <param name="weight">What its loss is multiplied by, above 0.</param>
    /// <exception cref="ArgumentException">The value belongs to another graph, or is an output already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not above 0.</exception>
    public void AddAuxiliary(Value value, float weight)
    {
        if (!(weight > 0) || !float.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), weight, "the weight of an auxiliary loss is a number above 0");
        AddOutput(value, weight);
    }

    private void AddOutput(Value value, float weight)
    {
        if (!ReferenceEquals(value.Graph, this)) throw new ArgumentException("the output belongs to another graph", nameof(value));
        if (_outputs.Exists(output => output.Seat == value.Seat)) throw new ArgumentException("the value is an output already", nameof(value));
        _outputs.Add((value.Seat, weight));
    }

    /// <summary>Compiles the graph for images of one shape; the last value added is the network's output.</summary>
    /// <param name="input">The shape of one image, <c>C×H×W</c>.</param>
    /// <param name="options">Batch size, seed and the like.</param>
    /// <exception cref="ArgumentException">A layer cannot take its input (the message names it), a value is never read, or two layers have one name.</exception>
    public Network Compile(Shape input, NetworkOptions? options = null) => new(this, input, options ?? new NetworkOptions());
}
