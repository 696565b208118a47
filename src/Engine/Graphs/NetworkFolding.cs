using CnnEngine.Layers;

namespace CnnEngine.Graphs;

public sealed partial class Network
{
    /// <summary>
    /// A network for inference that computes the same with less: each batch normalisation behind a convolution or a fully connected layer,
    /// which at inference multiplies and shifts each channel, becomes part of that layer's weights and biases:
    /// <c>w' = w·γ/√(σ² + ε)</c>, <c>b' = β + (b − μ)·γ/√(σ² + ε)</c>. Outputs are equal but for rounding.
    /// </summary>
    /// <remarks>
    /// Weights that are folded are copies as they are now; all other layers are shared with this network. So fold again after further
    /// training. A normalisation stays where others read the convolution's output, too, or share its numbers. Layers keep their names, apart from normalisations that
    /// stay; saved, the weights are those of a network without the others.
    /// </remarks>
    /// <param name="options">Batch size and the like; those of this network, without training, if left out.</param>
    /// <exception cref="ArgumentException">The options are for training.</exception>
    public Network Fold(NetworkOptions? options = null)
    {
        options ??= Options with { Training = false, InputGradient = false };
        if (options.Training) throw new ArgumentException("a folded network cannot be trained; set Training to false", nameof(options));
        return FoldedGraph().Compile(InputShape, options);
    }

    private Graph FoldedGraph()
    {
        Dictionary<Layer, string> names = Layers.ToDictionary(layer => layer.Layer, layer => layer.Name);
        int[] foldedInto = FindFolds(names);
        Graph folded = new();
        Value[] values = new Value[Graph.Layers.Count + 1]; // by seat in this network's graph
        values[0] = folded.Input;
        for (int seat = 1; seat < values.Length; seat++)
        {
            (Layer layer, int[] inputs) = Graph.Layers[seat - 1];
            if (foldedInto[seat] > 0)
            {
                values[seat] = values[foldedInto[seat]];
                continue;
            }
            if (layer is IFoldsScale foldable && names.TryGetValue(layer, out string? name))
            {
                int normalization = Array.IndexOf(foldedInto, seat);
                if (normalization > 0)
                {
                    (double[] scale, double[] shift) = ((BatchNorm2d)Graph.Layers[normalization - 1].Layer).Inference();
                    layer = foldable.Fold(name, scale, shift);
                }
                else if (layer.SharesWith is not null)
                {
                    // Whose weights it shares may not be there any more.
                    int channels = layer.Parameters[0].Shape[0];
                    layer = foldable.Fold(name, [.. Enumerable.Repeat(1.0, channels)], new double[channels]);
                }
            }
            values[seat] = folded.Add(layer, Array.ConvertAll(inputs, input => values[input]));
        }
        foreach ((int seat, float weight) in Graph.FurtherOutputs)
            if (weight == 0) folded.AddOutput(values[seat]);
            else folded.AddAuxiliary(values[seat], weight);
        return folded;
    }

    /// <summary>For each seat of a normalisation that can be folded the seat of the layer it goes into, else 0.</summary>
    private int[] FindFolds(Dictionary<Layer, string> names)
    {
        IReadOnlyList<(Layer Layer, int[] Inputs)> layers = Graph.Layers;
        int[] readers = new int[layers.Count + 1];
        foreach ((_, int[] inputs) in layers)
            foreach (int input in inputs) readers[input]++;
        foreach ((int seat, _) in Graph.FurtherOutputs) readers[seat]++;

        int[] folds = new int[layers.Count + 1];
        for (int seat = 1; seat < folds.Length; seat++)
        {
            // Not in the names: a layer that this network leaves out, whose weights may not be there. One with whom others share stays for them.
            if (layers[seat - 1] is { Layer: BatchNorm2d layer, Inputs: [> 0 and int before] } && names.ContainsKey(layer)
                && readers[before] == 1 && layers[before - 1].Layer is IFoldsScale
                && layers.All(other => other.Layer == layer || other.Layer.Owner != layer)) folds[seat] = before;
        }
        return folds;
    }
}
