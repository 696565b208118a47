namespace CnnEngine.Layers;

/// <summary>
/// The arithmetic of one image's forward pass through a layer. Floating-point operations are counted by two conventions, which differ in the
/// sums of products: n products take n multiplications and n − 1 additions, and one more if a bias is added.
/// </summary>
/// <param name="MultiplyAdds">Products that are added up.</param>
/// <param name="Sums">How many numbers they are added up to.</param>
/// <param name="Others">
/// Other operations: one for each number that a pooling looks at, 1 for a ReLU, 4 for a sigmoid (minus, exponential, plus, division) and
/// other functions of one exponential, 5 for a swish.
/// </param>
public readonly record struct LayerCost(long MultiplyAdds, long Sums, long Others)
{
    /// <summary>Operations if a bias goes into each sum: <c>2·C·R·S</c> for each number of a convolution's output.</summary>
    public long Flops => (2 * MultiplyAdds) + Others;

    /// <summary>Operations without biases: <c>2·C·R·S − 1</c> for each number of a convolution's output.</summary>
    public long FlopsWithoutBias => Flops - Sums;

    /// <summary>Both costs together.</summary>
    public static LayerCost operator +(LayerCost left, LayerCost right) => left.Add(right);

    /// <summary>Both costs together.</summary>
    public LayerCost Add(LayerCost other) => new(MultiplyAdds + other.MultiplyAdds, Sums + other.Sums, Others + other.Others);
}
