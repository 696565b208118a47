using CnnEngine.Graphs;

namespace CnnEngine.Analysis;

/// <summary>
/// What the layers of a network make of images. A compiled network lays its values over one another, so a copy of the graph up to these layers is
/// compiled, with the layers' outputs as its own and with the same parameters.
/// </summary>
public static class FeatureMaps
{
    /// <summary>The outputs of some layers, as at inference.</summary>
    /// <param name="network">The network; it is left as it is.</param>
    /// <param name="images">N×C×H×W, normalised as the network takes them.</param>
    /// <param name="layers">Names of layers, as in <see cref="Network.Layers"/>.</param>
    /// <returns>For each name N × the shape of the layer's output.</returns>
    /// <exception cref="ArgumentException">There is no such layer, or the images have another shape.</exception>
    public static IReadOnlyList<Tensor> Of(Network network, Tensor images, params IReadOnlyList<string> layers)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(layers);
        RequireImages(network, images);
        if (layers.Count == 0) return [];
        int[] seats = [.. layers.Select(layer => GraphCopy.SeatOf(network, layer))];
        int[] outputs = [.. seats.Distinct().Order()];
        Graph copy = GraphCopy.Of(network.Graph, [.. outputs.Select(seat => (seat, 0f))], GraphCopy.Same);
        int count = images.Shape[0];
        Network observed = copy.Compile(network.InputShape, new NetworkOptions { BatchSize = Math.Min(count, network.Options.BatchSize), Training = false });

        // Output 0 is that of the last seat, the others follow in their order.
        int[] numbers = Array.ConvertAll(seats, seat => (Array.IndexOf(outputs, seat) + 1) % outputs.Length);
        Tensor[] maps = Array.ConvertAll(numbers, number => Tensor.Zeros(observed.OutputShapeOf(number).Prepend(count)));
        float[] ignored = new float[observed.Options.BatchSize * observed.OutputShape.Length];
        for (int first = 0; first < count; first += observed.Options.BatchSize)
        {
            Tensor some = images.Images(first, Math.Min(observed.Options.BatchSize, count - first));
            observed.Predict(some.Span, ignored);
            for (int i = 0; i < maps.Length; i++) observed.OutputsOf(numbers[i]).CopyTo(maps[i].Images(first, some.Shape[0]).Span);
        }
        return maps;
    }

    /// <summary>That images are N × the network's input.</summary>
    internal static void RequireImages(Network network, Tensor images)
    {
        if (images.Shape.Rank != network.InputShape.Rank + 1 || images.Shape.DropFirst() != network.InputShape)
            throw new ArgumentException($"images are {images.Shape}; the network takes N×{network.InputShape}", nameof(images));
    }
}
