using CnnEngine.Graphs;

namespace CnnEngine.Analysis;

/// <summary>
/// What a network needs to see: a patch is slid over the image, and where the probability of the class drops under it there is something that counts
/// (M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2).
/// </summary>
public sealed record Occlusion
{
    /// <summary>The side of the patch in pixels; a fifth of the image's smaller side, at least 3, if left out.</summary>
    public int? Patch { get; init; }

    /// <summary>By how many pixels the patch moves; half of its side if left out.</summary>
    public int? Stride { get; init; }

    /// <summary>The number that the patch is filled with; 0 if left out, the mean of normalised images: grey.</summary>
    public float Fill { get; init; }

    /// <summary>The map of one image: at each pixel the drop of the probability, averaged over the patches that covered it.</summary>
    /// <param name="network">A classifier; it is left as it is.</param>
    /// <param name="image">C×H×W numbers, normalised as the network takes them.</param>
    /// <param name="class">The class whose probability is asked.</param>
    /// <returns>H×W drops from −1 to 1; below 0 where the network is surer without what is there.</returns>
    /// <exception cref="ArgumentException">The image has another shape, there is no such class, or the patch does not fit.</exception>
    public Tensor Of(Network network, Tensor image, int @class)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (image.Shape != network.InputShape) throw new ArgumentException($"the image is {image.Shape}; the network takes {network.InputShape}", nameof(image));
        Saliency.RequireClassified(network, image.Reshape(image.Shape.Prepend(1)), [@class]);
        (int height, int width) = (image.Shape[1], image.Shape[2]);
        int patch = Patch ?? Math.Min(Math.Max(3, Math.Min(height, width) / 5), Math.Min(height, width));
        int stride = Stride ?? Math.Max(1, patch / 2);
        if (patch < 1 || patch > height || patch > width) throw new ArgumentException($"the patch is {patch}×{patch}, the image {height}×{width}; the patch must fit into it");
        if (stride < 1 || stride > patch) throw new ArgumentException($"the patch moves by {stride}; it must be 1 to {patch}, its side, so that every pixel is covered");

        List<(int Row, int Column)> places = [.. Places(height, patch, stride).SelectMany(row => Places(width, patch, stride).Select(column => (row, column)))];
        double[] drops = Drops(network, image, @class, patch, places);
        double[] sums = new double[height * width];
        int[] counts = new int[height * width];
        for (int i = 0; i < places.Count; i++)
            for (int h = places[i].Row; h < places[i].Row + patch; h++)
                for (int w = places[i].Column; w < places[i].Column + patch; w++)
                {
                    sums[(h * width) + w] += drops[i];
                    counts[(h * width) + w]++;
                }
        Tensor map = Tensor.Zeros(new Shape(height, width));
        for (int i = 0; i < sums.Length; i++) map.Span[i] = (float)(sums[i] / counts[i]);
        return map;
    }

    /// <summary>Where the patch begins along one axis: every stride, and at the end, so that it reaches the border.</summary>
    private static IEnumerable<int> Places(int extent, int patch, int stride)
    {
        for (int at = 0; at < extent - patch; at += stride) yield return at;
        yield return extent - patch;
    }

    private double[] Drops(Network network, Tensor image, int @class, int patch, List<(int Row, int Column)> places)
    {
        int length = image.Length, outputs = network.OutputShape.Length, batch = network.Options.BatchSize;
        float[] images = new float[batch * length], scores = new float[batch * outputs];
        bool hasProbabilities = Probabilities.AreOutputsOf(network);
        network.Predict(image.Span, scores.AsSpan(0, outputs));
        double whole = Probability(0);
        double[] drops = new double[places.Count];
        for (int first = 0; first < drops.Length; first += batch)
        {
            int count = Math.Min(batch, drops.Length - first);
            for (int n = 0; n < count; n++)
            {
                image.Span.CopyTo(images.AsSpan(n * length));
                Cover(images.AsSpan(n * length, length), image.Shape, places[first + n], patch);
            }
            network.Predict(images.AsSpan(0, count * length), scores);
            for (int n = 0; n < count; n++) drops[first + n] = whole - Probability(n);
        }
        return drops;

        double Probability(int n) => Probabilities.Of(scores.AsSpan(n * outputs, outputs), hasProbabilities)[@class];
    }

    private void Cover(Span<float> image, Shape shape, (int Row, int Column) place, int patch)
    {
        for (int c = 0; c < shape[0]; c++)
            for (int h = place.Row; h < place.Row + patch; h++)
                image.Slice((((c * shape[1]) + h) * shape[2]) + place.Column, patch).Fill(Fill);
    }
}
