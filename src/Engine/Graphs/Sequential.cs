using System.Collections;
using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>A graph in which each layer reads the one before: <c>new Sequential { new Conv2d(6, 5), new ReLU(), … }</c>.</summary>
public sealed class Sequential : IEnumerable<Layer>
{
    private readonly List<Layer> _layers = [];

    /// <summary>Adds a layer behind the last one.</summary>
    public void Add(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        _layers.Add(layer);
    }

    /// <summary>Adds all layers of a block behind the last one.</summary>
    public void Add(Sequential block)
    {
        ArgumentNullException.ThrowIfNull(block);
        _layers.AddRange(block._layers);
    }

    /// <summary>Compiles the layers for images of one shape.</summary>
    /// <param name="input">The shape of one image, <c>C×H×W</c>.</param>
    /// <param name="options">Batch size, seed and the like.</param>
    /// <exception cref="ArgumentException">There is no layer, or one cannot take its input; the message names it.</exception>
    public Network Compile(Shape input, NetworkOptions? options = null) => ToGraph().Compile(input, options);

    /// <summary>The same layers as a graph.</summary>
    /// <exception cref="ArgumentException">A layer is there twice.</exception>
    public Graph ToGraph()
    {
        Graph graph = new();
        graph.Input.Then(this);
        return graph;
    }

    /// <inheritdoc/>
    public IEnumerator<Layer> GetEnumerator() => _layers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
