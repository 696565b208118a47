using CnnEngine.Graphs;

namespace CnnEngine.Inference;

/// <summary>Networks compiled from one graph, whose weights they share: as many as there ever were callers at once.</summary>
/// <param name="graph">The graph; its layers have their weights.</param>
/// <param name="input">The shape of one image.</param>
/// <param name="options">What to compile for.</param>
/// <param name="compiling">Held while the graph's layers are planned.</param>
internal sealed class NetworkPool(Graph graph, Shape input, NetworkOptions options, Lock compiling)
{
    private readonly Stack<Network> _idle = [];

    public int BatchSize => options.BatchSize;

    /// <summary>Runs any number of images through a network that nobody else is using.</summary>
    public void Predict(ReadOnlySpan<float> images, Span<float> outputs)
    {
        Network network = Take();
        try
        {
            network.Predict(images, outputs);
        }
        finally
        {
            lock (_idle) _idle.Push(network);
        }
    }

    private Network Take()
    {
        lock (_idle)
            if (_idle.TryPop(out Network? idle)) return idle;
        lock (compiling) return graph.Compile(input, options);
    }
}
