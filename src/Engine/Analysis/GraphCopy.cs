using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// Graphs made of another's layers, to be compiled beside it: the layers are the same objects, so that both networks have the same
/// parameters. What a compiled network computes in between it writes over; a copy can keep it, or look at it.
/// </summary>
internal static class GraphCopy
{
    /// <summary>Layers as they are.</summary>
    public static readonly Func<Layer, Layer[]> Same = layer => [layer];

    /// <summary>
    /// Layers that do in training what they do at inference: nothing is dropped, and normalisations over a batch scale and shift each channel by
    /// the running means. Of such a network derivatives of the function can be taken that is used.
    /// </summary>
    public static readonly Func<Layer, Layer[]> AtInference = layer => layer switch
    {
        DroppingLayer => [],
        BatchNorm2d normalization => [new FrozenNormalization(normalization)],
        _ => [layer],
    };

    /// <summary>Copies what some values need. The last of them becomes the network's output, the others further ones.</summary>
    /// <param name="graph">The graph to copy of.</param>
    /// <param name="outputs">The values, by their seats in the graph in ascending order, with the weights of their losses; 0 for outputs proper.</param>
    /// <param name="replace">The layers, one behind the other, that stand in a layer's place; none only in place of one that reads one value.</param>
    public static Graph Of(Graph graph, IReadOnlyList<(int Seat, float Weight)> outputs, Func<Layer, Layer[]> replace)
    {
        bool[] isWanted = new bool[graph.Layers.Count + 1];
        foreach ((int seat, _) in outputs) isWanted[seat] = true;
        for (int seat = graph.Layers.Count; seat > 0; seat--)
            if (isWanted[seat])
                foreach (int input in graph.Layers[seat - 1].Inputs) isWanted[input] = true;

        Graph copy = new();
        Value[] values = new Value[isWanted.Length];
        values[0] = copy.Input;
        for (int seat = 1; seat < values.Length; seat++)
        {
            if (!isWanted[seat]) continue;
            (Layer layer, int[] inputs) = graph.Layers[seat - 1];
            Layer[] layers = replace(layer);
            values[seat] = layers.Length == 0 ? values[inputs[0]] : copy.Add(layers[0], Array.ConvertAll(inputs, input => values[input]));
            foreach (Layer next in layers.Skip(1)) values[seat] = values[seat].Then(next);
        }
        foreach ((int seat, float weight) in outputs.SkipLast(1))
            if (weight > 0) copy.AddAuxiliary(values[seat], weight);
            else copy.AddOutput(values[seat]);
        return copy;
    }

    /// <summary>The seat of the network's output, or of what goes into it where it is a softmax: of the classes' scores.</summary>
    public static int SeatOfScores(Network network)
    {
        IReadOnlyList<(Layer Layer, int[] Inputs)> layers = network.Graph.Layers;
        return layers[^1] is { Layer: SoftmaxLayer, Inputs: [> 0 and int scores] } ? scores : layers.Count;
    }

    /// <summary>The seat of a layer by its name in the network.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static int SeatOf(Network network, string name)
    {
        NetworkLayer layer = network.Layers.FirstOrDefault(layer => layer.Name == name)
            ?? throw new ArgumentException($"there is no layer \"{name}\"; there are {string.Join(", ", network.Layers.Select(layer => layer.Name))}", nameof(name));
        IReadOnlyList<(Layer Layer, int[] Inputs)> layers = network.Graph.Layers;
        return 1 + Enumerable.Range(0, layers.Count).First(i => ReferenceEquals(layers[i].Layer, layer.Layer));
    }
}
