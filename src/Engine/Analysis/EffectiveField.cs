using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// How much each pixel really counts for the middle of a network's output: the mean over random images of |∂y/∂pixel|, y the sum of the
/// output's channels there. Much smaller than the receptive field, and bell-shaped: many paths lead to its middle and few to its rim
/// (W. Luo, Y. Li, R. Urtasun, R. Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", 2016).
/// </summary>
public sealed class EffectiveField
{
    /// <summary>A pixel counts if its gradient is above this share of the largest: what a bell leaves outside of two deviations.</summary>
    public const double Level = 1 - 0.9545;

    private EffectiveField(Tensor map) => Map = map;

    /// <summary>The magnitude of each pixel's gradient, H×W; the largest is 1.</summary>
    public Tensor Map { get; }

    /// <summary>The map as a grey picture, to be written to a file (<see cref="ImageFile"/>): the lighter a pixel, the more it counts.</summary>
    public Picture ToPicture() => Picture.FromTensor(Map.Reshape(new Shape(1, Map.Shape[0], Map.Shape[1])));

    /// <summary>The side of a square with as many pixels as count.</summary>
    public double Size
    {
        get
        {
            int count = 0;
            foreach (float magnitude in Map.Span)
                if (magnitude > Level) count++;
            return Math.Sqrt(count);
        }
    }

    /// <summary>Measures a network with the weights that it has.</summary>
    /// <param name="network">Compiled for training with <see cref="NetworkOptions.InputGradient"/>. Its gradients are overwritten; running means stay what they are.</param>
    /// <param name="images">How many random images, of numbers from −1 to 1, to take the mean of.</param>
    /// <param name="seed">Where their random numbers begin.</param>
    /// <exception cref="ArgumentException">The network was compiled without input gradient or not for images C×H×W.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no images.</exception>
    public static EffectiveField Of(Network network, int images = 64, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        if (network.InputGradient.Length == 0)
            throw new ArgumentException("the network was compiled without input gradient; set Training and InputGradient in its options", nameof(network));
        if (network.InputShape.Rank != 3) throw new ArgumentException($"the network's input is {network.InputShape}; it must be an image, C×H×W", nameof(network));
        (Shape shape, Shape output) = (network.InputShape, network.OutputShape);
        int plane = shape[1] * shape[2];
        double[] sums = new double[plane];
        float[] batch = new float[network.Options.BatchSize * shape.Length];
        SplitMix64 random = SplitMix64.For((ulong)seed, 1 << 22, 0);
        long steps = network.Steps;
        Parameter[] state = [.. network.Layers.SelectMany(layer => layer.Layer.State).Distinct()];
        float[][] kept = Array.ConvertAll(state, one => one.Value.Span.ToArray());
        for (int left = images; left > 0; left -= network.Options.BatchSize)
        {
            Span<float> pixels = batch.AsSpan(0, Math.Min(left, network.Options.BatchSize) * shape.Length);
            foreach (ref float pixel in pixels) pixel = random.Between(-1, 1);
            network.Backpropagate(pixels, ReceptiveFields.OneAt(output, output.Rank == 3 ? output[1] / 2 : 0, output.Rank == 3 ? output[2] / 2 : 0));
            Span<float> gradient = network.InputGradient.Span[..pixels.Length];
            for (int i = 0; i < gradient.Length; i++) sums[i % plane] += Math.Abs(gradient[i]);
        }
        network.Steps = steps;
        for (int i = 0; i < state.Length; i++) kept[i].CopyTo(state[i].Value.Span);
        double largest = sums.Max();
        Tensor map = Tensor.Zeros(new Shape(shape[1], shape[2]));
        if (largest > 0)
            for (int i = 0; i < plane; i++) map.Span[i] = (float)(sums[i] / largest);
        return new EffectiveField(map);
    }
}
