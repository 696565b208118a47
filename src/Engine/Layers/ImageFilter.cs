using System.Diagnostics.CodeAnalysis;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>A filter whose weights are given, not learnt: the classical ones of image processing, or one of your own.</summary>
public sealed class ImageFilter
{
    private readonly float[] _weights;

    /// <summary>Makes a filter from R×S weights.</summary>
    /// <param name="name">What the layer is described by.</param>
    /// <param name="weights">R×S finite numbers.</param>
    /// <exception cref="ArgumentException">There are no weights, or one is not finite.</exception>
    [SuppressMessage("Performance", "CA1814", Justification = "A filter is a rectangle.")]
    public ImageFilter(string name, float[,] weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(weights);
        Name = name;
        Size = (weights.GetLength(0), weights.GetLength(1));
        Size.ThrowUnlessPositive("the filter size");
        _weights = [.. weights.Cast<float>()];
        foreach (float weight in _weights)
            if (!float.IsFinite(weight)) throw new ArgumentException($"a weight is {weight}; all must be finite", nameof(weights));
    }

    /// <summary>The image as it is.</summary>
    public static ImageFilter Identity { get; } = new("identity", new float[,] { { 0, 0, 0 }, { 0, 1, 0 }, { 0, 0, 0 } });

    /// <summary>Eight times a pixel less its neighbours: 0 on even ground, far from 0 at edges of any direction.</summary>
    public static ImageFilter EdgeDetection { get; } = new("edge detection", new float[,] { { -1, -1, -1 }, { -1, 8, -1 }, { -1, -1, -1 } });

    /// <summary>The image plus its edges.</summary>
    public static ImageFilter Sharpen { get; } = new("sharpen", new float[,] { { 0, -1, 0 }, { -1, 5, -1 }, { 0, -1, 0 } });

    /// <summary>The mean of a pixel and its neighbours.</summary>
    public static ImageFilter BoxBlur { get; } = new("box blur", Divided(9, new float[,] { { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 } }));

    /// <summary>A mean in which nearer pixels weigh more: the binomial approximation of the Gaussian.</summary>
    public static ImageFilter GaussianBlur { get; } = new("Gaussian blur", Divided(16, new float[,] { { 1, 2, 1 }, { 2, 4, 2 }, { 1, 2, 1 } }));

    /// <summary>The five above.</summary>
    public static IReadOnlyList<ImageFilter> All { get; } = [Identity, EdgeDetection, Sharpen, BoxBlur, GaussianBlur];

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>R×S.</summary>
    public Size2 Size { get; }

    /// <summary>The weights, row by row.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>Name and size, as in <c>sharpen 3×3</c>.</summary>
    public override string ToString() => $"{Name} {Size}";

    private static float[,] Divided(float divisor, float[,] weights)
    {
        for (int r = 0; r < weights.GetLength(0); r++)
            for (int s = 0; s < weights.GetLength(1); s++) weights[r, s] /= divisor;
        return weights;
    }
}
