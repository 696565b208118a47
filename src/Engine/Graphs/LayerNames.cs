using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>Names of a graph's layers, asked for in their order: a layer's own, or its kind and which of the kind it is.</summary>
internal sealed class LayerNames
{
    private readonly Dictionary<string, int> _kinds = [];

    public string Next(Layer layer)
    {
        int number = _kinds[layer.Kind] = _kinds.GetValueOrDefault(layer.Kind) + 1;
        return layer.Name ?? $"{layer.Kind}{number}";
    }
}
