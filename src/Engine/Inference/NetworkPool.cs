using CnnEngine.Graphs;

namespace CnnEngine.Inference;

/// <summary>Networks compiled from one graph, whose weights they share: as many as there ever were callers at once.</summary>
/// <param name="first">One of them, whose graph and weights are everybody's.</param>
/// <param name="batchSize">How many images they are compiled for; if as many as the first, that is taken, too.</param>
/// <param name="compiling">Held while the graph's layers are planned.</param>
internal sealed class NetworkPool(Network first, int batchSize, Lock compiling)
{
    private readonly Stack<Network> _idle = new(batchSize == first.Options.BatchSize ? [first] : []);

    public int BatchSize => batchSize;

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
        lock (compiling) return first.Graph.Compile(first.InputShape, first.Options with { BatchSize = batchSize });
    }
}
