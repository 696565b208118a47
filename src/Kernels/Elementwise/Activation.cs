namespace CnnEngine.Kernels;

/// <summary>The functions that a kernel can apply to its output as it writes it.</summary>
public enum ActivationKind
{
    /// <summary><c>y = x</c>.</summary>
    Identity,

    /// <summary><c>y = max(x, 0)</c>.</summary>
    Relu,

    /// <summary><c>y = x</c> where x is positive, <c>slope·x</c> elsewhere.</summary>
    LeakyRelu,

    /// <summary><c>y = 1 / (1 + e⁻ˣ)</c>.</summary>
    Sigmoid,

    /// <summary><c>y = tanh x</c>.</summary>
    Tanh,

    /// <summary><c>y = x</c> where x is positive, <c>α·(eˣ − 1)</c> elsewhere, where α is the slope.</summary>
    Elu,

    /// <summary><c>y = 1.7159·tanh(2x/3)</c>.</summary>
    ScaledTanh,
}

/// <summary>An activation function and its parameter.</summary>
/// <param name="Kind">Which function.</param>
/// <param name="Slope">
/// The slope to the left of 0: of <see cref="ActivationKind.LeakyRelu"/> everywhere there, of <see cref="ActivationKind.Elu"/> (its α)
/// close to 0. Not used by the others.
/// </param>
public readonly record struct Activation(ActivationKind Kind, float Slope = 0)
{
    /// <summary><c>y = x</c>.</summary>
    public static Activation Identity => default;

    /// <summary>Whether the function is linear to either side of zero: a kernel can then apply it to a vector before it stores it.</summary>
    internal bool IsLinearByParts => Kind is ActivationKind.Identity or ActivationKind.Relu or ActivationKind.LeakyRelu;

    /// <summary><c>y = max(x, 0)</c>.</summary>
    public static Activation Relu => new(ActivationKind.Relu);

    /// <summary><c>y = 1 / (1 + e⁻ˣ)</c>.</summary>
    public static Activation Sigmoid => new(ActivationKind.Sigmoid);

    /// <summary><c>y = tanh x</c>.</summary>
    public static Activation Tanh => new(ActivationKind.Tanh);

    /// <summary>
    /// <c>y = 1.7159·tanh(2x/3)</c>: it maps ±1 to ±1, where its curvature is largest (Y. LeCun et al., "Gradient-Based Learning Applied to
    /// Document Recognition", 1998, appendix A).
    /// </summary>
    public static Activation ScaledTanh => new(ActivationKind.ScaledTanh);

    /// <summary>
    /// <c>y = x</c> where x is positive, <c>α·(eˣ − 1)</c> elsewhere (D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and Accurate Deep
    /// Network Learning by Exponential Linear Units", 2016).
    /// </summary>
    /// <exception cref="ArgumentException">α is negative or not finite: the derivative could not be told from y alone.</exception>
    public static Activation Elu(float alpha = 1)
    {
        if (!(alpha >= 0) || !float.IsFinite(alpha)) throw new ArgumentException($"alpha is {alpha}; it must be 0 or more", nameof(alpha));
        return new Activation(ActivationKind.Elu, alpha);
    }

    /// <summary><c>y = x</c> where x is positive, <c>slope·x</c> elsewhere.</summary>
    /// <exception cref="ArgumentException">The slope is negative or not finite: the derivative could not be told from y alone.</exception>
    public static Activation LeakyRelu(float slope = 0.01f)
    {
        if (!(slope >= 0) || !float.IsFinite(slope)) throw new ArgumentException($"the slope is {slope}; it must be 0 or more", nameof(slope));
        return new Activation(ActivationKind.LeakyRelu, slope);
    }
}
