using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Analysis;

public static partial class ReceptiveFields
{
    private const int Corners = 4;

    /// <summary>
    /// The pixels that one place of the network's output really depends on: where the gradient of the sum of its channels by the image, computed
    /// by the network, is other than 0. While this runs, each filter's weights are the same positive numbers and biases 0, so that no two
    /// paths cancel; the layers get their numbers back.
    /// </summary>
    /// <remarks>
    /// Max pooling sends a gradient to one place only. So there are four images, each brighter towards another corner: in them every window's
    /// maximum is in that corner, and the outermost paths are taken. Wide 3×3 convolutions are computed by Winograd's method, whose
    /// rounding leaves numbers where none should be; they are refused. A field does not depend on the width: measure a narrow network.
    /// </remarks>
    /// <param name="graph">The network; without layers that look at several images, such as batch normalisation.</param>
    /// <param name="input">The shape of one image, C×H×W.</param>
    /// <param name="row">The row of the output; 0 for features.</param>
    /// <param name="column">The column of the output; 0 for features.</param>
    /// <exception cref="ArgumentException">The graph cannot be compiled for such images, they are not C×H×W, or the output has no such place.</exception>
    /// <exception cref="InvalidOperationException">The network cannot be measured: a layer looks at several images, or a gradient is negative or too small.</exception>
    public static PixelBox Measure(Graph graph, Shape input, int row = 0, int column = 0)
    {
        ArgumentNullException.ThrowIfNull(graph);
        RequireImage(input);
        Network network = graph.Compile(input, new NetworkOptions { BatchSize = Corners, InputGradient = true });
        if (network.Layers.FirstOrDefault(layer => !layer.Layer.TreatsImagesAlone) is { } several)
            throw new InvalidOperationException($"{several.Layer} \"{several.Name}\" looks at several images while it is trained; measure the network without it");
        float[][] before = [.. network.Parameters.Select(p => p.Value.Span.ToArray())];
        try
        {
            foreach (Parameter parameter in network.Parameters) parameter.Value.Span.Fill(PositiveValue(parameter));
            network.Backpropagate(BrightCorners(input), OneAt(network.OutputShape, row, column));
            return NonZeroBox(network.InputGradient);
        }
        finally
        {
            for (int i = 0; i < before.Length; i++) before[i].CopyTo(network.Parameters[i].Value.Span);
        }
    }

    /// <summary>The loss whose derivative is 1 in all channels of one place of the output.</summary>
    internal static BatchLoss OneAt(Shape output, int row, int column)
    {
        (int height, int width) = output.Rank == 3 ? (output[1], output[2]) : (1, 1);
        if ((uint)row >= (uint)height || (uint)column >= (uint)width)
            throw new ArgumentException($"the place is row {row}, column {column}; the output is {output}");
        return (in LossStep step) =>
        {
            Span<float> gradient = step.OutputGradient();
            for (int i = (row * width) + column; i < gradient.Length; i += output.Rank == 3 ? height * width : 1) gradient[i] = 1;
            return 0;
        };
    }

    // A filter's mean, so that activations keep the size of the image's numbers at any depth.
    private static float PositiveValue(Parameter parameter) =>
        parameter.Name.EndsWith("bias", StringComparison.Ordinal) ? 0
        : parameter.Shape.Rank == 1 ? 1
        : (float)parameter.Shape[0] / parameter.Shape.Length;

    private static float[] BrightCorners(Shape image)
    {
        (int channels, int height, int width) = (image[0], image[1], image[2]);
        float[] images = new float[Corners * image.Length];
        for (int n = 0, at = 0; n < Corners; n++)
            for (int c = 0; c < channels; c++)
                for (int h = 0; h < height; h++)
                    for (int w = 0; w < width; w++, at++)
                        images[at] = 1 + Brightness(h, height, (n & 1) == 0) + Brightness(w, width, (n & 2) == 0);
        return images;

        static float Brightness(int place, int size, bool rises) => (rises ? place : size - place) / (float)size;
    }

    private static PixelBox NonZeroBox(Tensor gradient)
    {
        (int height, int width) = (gradient.Shape[2], gradient.Shape[3]);
        int top = height, left = width, bottom = -1, right = -1;
        for (int i = 0; i < gradient.Length; i++)
        {
            float derivative = gradient.Span[i];
            if (derivative == 0) continue;
            if (!float.IsNormal(derivative) || derivative < 0)
                throw new InvalidOperationException(
                    $"a derivative is {derivative}: a layer subtracts (as Winograd's method for wide 3×3 convolutions does: measure a narrower network), or the network is too deep");
            (int row, int column) = (i / width % height, i % width);
            (top, left, bottom, right) = (Math.Min(top, row), Math.Min(left, column), Math.Max(bottom, row), Math.Max(right, column));
        }
        return bottom < 0 ? new PixelBox(0, 0, 0, 0) : new PixelBox(top, left, bottom - top + 1, right - left + 1);
    }
}
