namespace CnnEngine.Kernels;

/// <summary>
/// What becomes of a product too large for the caches: <c>σ(row + b)</c>, written past them. Otherwise memory would be read before it is
/// written, and read and written once more for bias and activation.
/// </summary>
/// <param name="bias">b, a number for each row, or null.</param>
/// <param name="activation">σ, piecewise linear.</param>
internal readonly unsafe struct Streaming(float* bias, Activation activation)
{
    public Activation Activation => activation;

    public float* BiasFrom(int row) => bias == null ? null : bias + row;
}
