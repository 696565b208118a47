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
}

/// <summary>An activation function and its parameter.</summary>
/// <param name="Kind">Which function.</param>
/// <param name="Slope">The slope of <see cref="ActivationKind.LeakyRelu"/> for negative x; not used by the others.</param>
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

    /// <summary><c>y = x</c> where x is positive, <c>slope·x</c> elsewhere.</summary>
    /// <exception cref="ArgumentException">The slope is negative or not a number: the derivative could not be told from y alone.</exception>
    public static Activation LeakyRelu(float slope = 0.01f)
    {
        if (!(slope >= 0)) throw new ArgumentException($"the slope is {slope}; it must be 0 or more", nameof(slope));
        return new Activation(ActivationKind.LeakyRelu, slope);
    }
}
