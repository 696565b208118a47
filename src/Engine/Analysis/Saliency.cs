using CnnEngine.Graphs;
using CnnEngine.Losses;

namespace CnnEngine.Analysis;

/// <summary>
/// How strongly each pixel moves the score of a class: <c>max over channels of |∂score/∂pixel|</c>, the score being the output before any softmax
/// (K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps", 2014).
/// </summary>
public static class Saliency
{
    /// <summary>The map of each image, of the network as it is at inference.</summary>
    /// <param name="network">A classifier. Its weights stay, their gradients are overwritten.</param>
    /// <param name="images">N×C×H×W, normalised as the network takes them.</param>
    /// <param name="classes">For each image the class whose score is asked.</param>
    /// <returns>N×H×W magnitudes, not normalised.</returns>
    /// <exception cref="ArgumentException">The images have another shape, there are more or fewer classes than images, or there is no such class.</exception>
    public static Tensor Of(Network network, Tensor images, ReadOnlySpan<int> classes)
    {
        ArgumentNullException.ThrowIfNull(network);
        RequireClassified(network, images, classes);
        Graph copy = GraphCopy.Of(network.Graph, [(GraphCopy.SeatOfScores(network), 0)], GraphCopy.AtInference);
        (Shape image, int count) = (network.InputShape, images.Shape[0]);
        Network observed = copy.Compile(image, new NetworkOptions { BatchSize = Math.Min(count, network.Options.BatchSize), InputGradient = true });
        int plane = image[1] * image[2];
        Tensor maps = Tensor.Zeros(new Shape(count, image[1], image[2]));
        int[] wanted = classes.ToArray();
        for (int first = 0; first < count; first += observed.Options.BatchSize)
        {
            Tensor some = images.Images(first, Math.Min(observed.Options.BatchSize, count - first));
            int start = first;
            observed.Backpropagate(some.Span, (in LossStep step) =>
            {
                int outputs = step.OutputGradient().Length / step.Images;
                for (int n = 0; n < step.Images; n++) step.OutputGradient()[(n * outputs) + wanted[start + step.FirstImage + n]] = 1;
                return 0;
            });
            for (int n = 0; n < some.Shape[0]; n++)
                Strongest(observed.InputGradient.Images(n, 1).Span, maps.Span.Slice((first + n) * plane, plane));
        }
        return maps;
    }

    internal static void RequireClassified(Network network, Tensor images, ReadOnlySpan<int> classes)
    {
        FeatureMaps.RequireImages(network, images);
        if (network.InputShape.Rank != 3) throw new ArgumentException($"the network's input is {network.InputShape}; it must be an image, C×H×W", nameof(network));
        if (network.OutputShape.Rank != 1) throw new ArgumentException($"the network's output is {network.OutputShape}; it must be one score for each class", nameof(network));
        if (classes.Length != images.Shape[0]) throw new ArgumentException($"there are {images.Shape[0]} images and {classes.Length} classes; there must be one for each image", nameof(classes));
        foreach (int wanted in classes)
            if ((uint)wanted >= (uint)network.OutputShape.Length)
                throw new ArgumentException($"there is no class {wanted}; the classes are 0 to {network.OutputShape.Length - 1}", nameof(classes));
    }

    private static void Strongest(ReadOnlySpan<float> gradient, Span<float> map)
    {
        for (int i = 0; i < gradient.Length; i++) map[i % map.Length] = MathF.Max(map[i % map.Length], MathF.Abs(gradient[i]));
    }
}
