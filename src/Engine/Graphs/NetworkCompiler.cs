using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>
/// Turns a graph into nodes with shapes and buffers. A training step is a row of moments: seat i computes its output at moment i,
/// the loss is taken at moment L (the number of seats), seat i computes its gradients at moment 2L − i. A buffer lives from the
/// moment it is first written to the moment it is last read.
/// </summary>
internal sealed class NetworkCompiler
{
    private readonly NetworkOptions _options;
    private readonly List<Node> _nodes = [];
    private readonly List<Buffer> _buffers = [];
    private readonly List<(Node Node, float Weight)> _outputs = [];
    private readonly List<string> _architecture = [];
    private readonly List<string> _leftOut = [];

    private NetworkCompiler(NetworkOptions options) => _options = options;

    /// <param name="graph">What is connected to what.</param>
    /// <param name="input">The shape of one image.</param>
    /// <param name="options">What the network is compiled for.</param>
    /// <param name="memory">What memory parameters take; none for a summary.</param>
    public static NetworkPlan Compile(Graph graph, Shape input, NetworkOptions options, LayerPlan.MemoryUse memory)
    {
        if (options.BatchSize < 1) throw new ArgumentException($"the batch size is {options.BatchSize}; it must be at least 1");
        NetworkCompiler compiler = new(options);
        compiler.PlanLayers(graph, input, memory);
        compiler.CheckThatAllIsRead();
        compiler.FindWhatNeedsGradients();
        compiler.PlaceValues();
        compiler.PlaceOutputGradients();
        if (options.Training) compiler.PlaceGradients();
        return new NetworkPlan(compiler._nodes, compiler._buffers, compiler._outputs, string.Join(" > ", compiler._architecture), compiler._leftOut);
    }

    private int Moments => _nodes.Count;

    private void PlanLayers(Graph graph, Shape input, LayerPlan.MemoryUse memory)
    {
        if (graph.Layers.Count == 0) throw new ArgumentException("the network has no layers", nameof(graph));
        bool[] isWanted = WantedSeats(graph);
        Node?[] nodes = new Node?[graph.Layers.Count + 1]; // by seat in the graph
        nodes[0] = new Node("input", null, [], input, 0);
        _nodes.Add(nodes[0]!);
        HashSet<string> names = ["input"];
        LayerNames layerNames = new();
        int streams = 0;
        for (int seat = 1; seat < nodes.Length; seat++)
        {
            (Layer layer, int[] seats) = graph.Layers[seat - 1];
            string name = layerNames.Next(layer);
            _architecture.Add($"{name} {layer}");
            if (!isWanted[seat])
            {
                _leftOut.Add(name);
                continue;
            }
            Node[] inputs = Array.ConvertAll(seats, i => nodes[i]!);
            LayerPlan plan = new(Array.ConvertAll(inputs, node => node.Shape), _options.Seed, streams, memory, _options.StartsRandom);
            Shape shape;
            try
            {
                CheckSharing(layer);
                shape = layer.Plan(plan);
            }
            catch (ArgumentException exception)
            {
                throw new ArgumentException($"{layer.GetType().Name} \"{name}\": {exception.Message}", exception);
            }
            if (!names.Add(name)) throw new ArgumentException($"two layers are named \"{name}\"; names must differ");
            streams = plan.Streams;
            Node node = new(name, layer, inputs, shape, _nodes.Count);
            for (int i = 0; i < inputs.Length; i++) inputs[i].Readers.Add((node, i));
            _nodes.Add(node);
            nodes[seat] = node;
            int last = _options.Training ? 0 : node.Seat;
            node.Saved = [.. plan.Reserved.Select(floats => NewBuffer(floats.PerImage, node.Seat, last, floats.ForAll))];
        }
        _outputs.Add((_nodes[^1], 1));
        foreach ((int seat, float weight) in graph.FurtherOutputs)
            if (nodes[seat] is { } output && output != _nodes[^1]) _outputs.Add((output, weight));
        foreach ((Node node, float weight) in _outputs)
        {
            node.IsOutput = true;
            if (weight > 0 && node.Shape != _nodes[^1].Shape)
                throw new ArgumentException($"the auxiliary output of \"{node.Name}\" is {node.Shape}; its loss is that of the last output, {_nodes[^1].Shape}");
        }
        if (!_options.Training) return;
        foreach (Node node in _nodes)
            foreach (Buffer saved in node.Saved) saved.Extend(node.Seat, BackwardMoment(node));
    }

    // Else its parameters would be nobody's: neither made nor saved.
    private void CheckSharing(Layer layer)
    {
        if (layer.Owner == layer) return;
        if (layer.Owner.GetType() != layer.GetType()) throw new ArgumentException($"it shares with {layer.Owner}; it must share with a layer of its own class");
        if (!_nodes.Exists(node => node.Layer == layer.Owner)) throw new ArgumentException($"it shares with {layer.Owner}, which does not stand before it in the network");
    }

    /// <summary>Which values are computed at all: without training, not those that only an auxiliary output needs.</summary>
    private bool[] WantedSeats(Graph graph)
    {
        bool[] isWanted = new bool[graph.Layers.Count + 1];
        if (_options.Training)
        {
            Array.Fill(isWanted, true);
            return isWanted;
        }
        bool[] servesAuxiliary = new bool[isWanted.Length];
        isWanted[^1] = true;
        foreach ((int seat, float weight) in graph.FurtherOutputs) (weight > 0 ? servesAuxiliary : isWanted)[seat] = true;
        for (int seat = isWanted.Length - 1; seat > 0; seat--)
            foreach (int input in graph.Layers[seat - 1].Inputs)
            {
                isWanted[input] |= isWanted[seat];
                servesAuxiliary[input] |= servesAuxiliary[seat];
            }
        // What serves nobody is a mistake that is reported elsewhere.
        for (int seat = 0; seat < isWanted.Length; seat++) isWanted[seat] |= !servesAuxiliary[seat];
        return isWanted;
    }

    private int BackwardMoment(Node node) => (2 * Moments) - node.Seat;

    private void CheckThatAllIsRead()
    {
        foreach (Node node in _nodes)
            if (node.Readers.Count == 0 && !node.IsOutput) throw new ArgumentException($"nothing reads the output of \"{node.Name}\"; only the last layer's may be left unread, or one that is made an output");
    }

    private void FindWhatNeedsGradients()
    {
        _nodes[0].NeedsGradient = _options.InputGradient;
        foreach (Node node in _nodes.Skip(1))
            node.NeedsGradient = node.Layer!.Parameters.Count > 0 || node.Inputs.Any(input => input.NeedsGradient);
    }

    private void PlaceValues()
    {
        // Buffers whose numbers some layer's backward pass reads as its own output: nobody may write over them.
        HashSet<Buffer> kept = [];
        foreach (Node node in _nodes)
        {
            if (node.Inputs is [{ Seat: > 0, Readers.Count: 1, IsOutput: false } input] && node.Layer!.CanRunInPlace && (node.Layer.OnlyReshapes || !kept.Contains(input.Value)))
            {
                node.IsInPlace = true;
                node.IsUndoneByReader = _options.Training && node is { Layer: ActivationLayer, IsOutput: false, Readers: [{ Node.Layer.PicksFromInput: true }] };
                node.Value = input.Value;
                node.Value.Extend(node.Seat, LastRead(node));
                if (node.Layer is ActivationLayer activation && input.Layer is IFusesActivation && !input.IsFused)
                {
                    input.Activation = activation.Function;
                    node.IsFused = true;
                }
            }
            else
            {
                node.Value = NewBuffer(node.Shape.Length, node.Seat, LastRead(node));
            }
            if (node.Inputs is [{ IsUndoneByReader: true, Layer: ActivationLayer undone }])
            {
                node.InputActivation = undone.Function;
                node.Value.Extend(node.Seat, BackwardMoment(node));
                kept.Add(node.Value);
            }
            if (node.Layer?.BackwardReadsOutput == true) kept.Add(node.Value);
        }
    }

    /// <summary>The last moment at which a layer reads the node's value.</summary>
    private int LastRead(Node node)
    {
        int last = node.IsOutput ? Moments : node.Readers.Max(r => r.Node.Seat);
        if (!_options.Training) return last;
        if (node is { IsUndoneByReader: false, Layer.BackwardReadsOutput: true }) last = Math.Max(last, BackwardMoment(node));
        foreach ((Node reader, _) in node.Readers)
            if (reader.Layer!.BackwardReadsInput) last = Math.Max(last, BackwardMoment(reader));
        return last;
    }

    // A loss always gives the derivatives by the output, whether or not anybody learns from them.
    private void PlaceOutputGradients()
    {
        foreach ((Node output, _) in _outputs)
            output.Gradient = NewBuffer(output.Shape.Length, Moments, _options.Training ? BackwardMoment(output) : Moments);
    }

    private void PlaceGradients()
    {
        foreach (Node node in Enumerable.Reverse(_nodes).Skip(1))
        {
            if (!node.NeedsGradient) continue;
            // The reader that comes last in the graph is the first to write; what further readers write is added to it.
            foreach ((Node reader, int input) in node.Readers.OrderByDescending(r => r.Node.Seat))
            {
                Buffer gradient = reader.IsInPlace ? reader.Gradient! : NewBuffer(node.Shape.Length, BackwardMoment(reader), BackwardMoment(node));
                gradient.Extend(BackwardMoment(reader), BackwardMoment(node));
                reader.InputGradients[input] = gradient;
                if (node.Gradient is null) node.Gradient = gradient;
                else node.FurtherGradients.Add(gradient);
            }
        }
    }

    private Buffer NewBuffer(int floatsPerImage, int start, int end, int floatsForAll = 0)
    {
        Buffer buffer = new(floatsPerImage, start, end, floatsForAll);
        _buffers.Add(buffer);
        return buffer;
    }
}
