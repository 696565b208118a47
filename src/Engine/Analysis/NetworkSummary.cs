using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// What a network will cost and see, worked out from the shapes alone: no weight and no activation is allocated. Layers of a network for
/// training include auxiliary outputs.
/// </summary>
/// <example><code>Console.WriteLine(NetworkSummary.Of(model, new Shape(3, 224, 224)));</code></example>
public sealed partial record NetworkSummary
{
    private NetworkSummary(Shape input, NetworkOptions options, List<LayerSummary> layers, MemorySummary? training, MemorySummary inference) =>
        (Input, Options, Layers, Training, Inference) = (input, options, layers, training, inference);

    /// <summary>The shape of one image.</summary>
    public Shape Input { get; }

    /// <summary>What the network would be compiled for.</summary>
    public NetworkOptions Options { get; }

    /// <summary>The layers in the order of computation.</summary>
    public IReadOnlyList<LayerSummary> Layers { get; }

    /// <summary>How many numbers the network learns.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>The arithmetic of one image's forward pass.</summary>
    public LayerCost Cost => Layers.Aggregate(default(LayerCost), (sum, layer) => sum + layer.Cost);

    /// <summary>Bytes of all layers' outputs for one image, before any are laid over one another.</summary>
    public long ActivationBytes => Layers.Sum(layer => layer.ActivationBytes);

    /// <summary>Memory for training with batches of <see cref="NetworkOptions.BatchSize"/>; null for a network without training.</summary>
    public MemorySummary? Training { get; }

    /// <summary>Memory of the same network compiled without training, for batches of the same size.</summary>
    public MemorySummary Inference { get; }

    /// <summary>Summarises layers one behind the other.</summary>
    /// <param name="layers">The network.</param>
    /// <param name="input">The shape of one image.</param>
    /// <param name="options">What it would be compiled for: batch size, training or not.</param>
    /// <exception cref="ArgumentException">It cannot be compiled; the message says why.</exception>
    public static NetworkSummary Of(Sequential layers, Shape input, NetworkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return Of(layers.ToGraph(), input, options);
    }

    /// <summary>Summarises a graph.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="input">The shape of one image.</param>
    /// <param name="options">What it would be compiled for: batch size, training or not.</param>
    /// <exception cref="ArgumentException">It cannot be compiled; the message says why.</exception>
    public static NetworkSummary Of(Graph graph, Shape input, NetworkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        options ??= new NetworkOptions();
        NetworkPlan plan = NetworkCompiler.Compile(graph, input, options, LayerPlan.MemoryUse.None);
        MemorySummary? training = options.Training ? Memory(plan, options) : null;
        NetworkOptions withoutTraining = options with { Training = false, InputGradient = false };
        MemorySummary inference = Memory(NetworkCompiler.Compile(graph, input, withoutTraining, LayerPlan.MemoryUse.None), withoutTraining);
        return new NetworkSummary(input, options, Summarize(plan.Nodes), training, inference);
    }

    private static List<LayerSummary> Summarize(List<Node> nodes)
    {
        ReceptiveField[]? fields = nodes[0].Shape.Rank == 3 ? ReceptiveFields.Fields(nodes) : null;
        List<LayerSummary> layers = [.. nodes.Skip(1).Select(node => new LayerSummary
        {
            Name = node.Name,
            Options = $"{node.Layer}",
            Inputs = [.. node.Inputs.Select(input => input.Name)],
            Output = node.Shape,
            Parameters = node.Layer!.SharesWith is not null ? 0 : node.Layer.Parameters.Sum(p => (long)p.Shape.Length),
            Weights = node.Layer.Parameters.Sum(p => p.Name.EndsWith("bias", StringComparison.Ordinal) ? 0L : p.Shape.Length),
            Cost = node.Layer.Cost(node.Inputs[0].Shape, node.Shape),
            Field = fields?[node.Seat],
            ShareOfParameters = 0,
            ShareOfCompute = 0,
        })];
        double parameters = Math.Max(1, layers.Sum(layer => layer.Parameters)), products = Math.Max(1, layers.Sum(layer => layer.Cost.MultiplyAdds));
        return layers.ConvertAll(layer => layer with
        {
            ShareOfParameters = layer.Parameters / parameters,
            ShareOfCompute = layer.Cost.MultiplyAdds / products,
        });
    }

    private static MemorySummary Memory(NetworkPlan plan, NetworkOptions options)
    {
        List<Layer> layers = [.. plan.Nodes.Skip(1).Select(node => node.Layer!)];
        long parameters = layers.SelectMany(layer => layer.Parameters).Distinct().Sum(p => (long)p.Shape.Length);
        long state = layers.SelectMany(layer => layer.State).Distinct().Sum(p => (long)p.Shape.Length);
        long images = (long)options.BatchSize * plan.Nodes[0].Shape.Length * (options is { Training: true, InputGradient: true } ? 2 : 1);
        long outputs = options.BatchSize * plan.Outputs.Sum(output => (long)output.Node.Shape.Length);
        return new MemorySummary(
            sizeof(float) * (parameters + state),
            options.Training ? sizeof(float) * parameters : 0,
            new BatchPlan(plan, options).Bytes,
            sizeof(float) * (images + outputs));
    }
}
