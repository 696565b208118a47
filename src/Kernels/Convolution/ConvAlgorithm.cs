namespace CnnEngine.Kernels;

/// <summary>The three passes of a convolution.</summary>
internal enum ConvPass
{
    Forward,
    BackwardInput,
    BackwardFilter,
}

/// <summary>
/// One way to compute convolutions. All take the same geometry and the same layouts (images N×C×H×W, filters K×(C/g)×R×S) and
/// agree but for rounding; they differ in which shapes they can do and how fast.
/// </summary>
internal abstract unsafe class ConvAlgorithm
{
    /// <summary>All there are. Tests run every member on every shape it supports against the same reference.</summary>
    public static IReadOnlyList<ConvAlgorithm> All { get; } = [new ShiftConvolution(), new RotatedConvolution(), new Im2ColConvolution()];

    public abstract string Name { get; }

    /// <summary>Whether the pass can be computed this way for this shape.</summary>
    public abstract bool Supports(ConvPass pass, in ConvShape shape);

    /// <summary>
    /// The pass's estimated cost in multiply-adds, those on padding and on memory traffic included. Depends on the shape alone,
    /// so that the choice does, too.
    /// </summary>
    public abstract double Cost(ConvPass pass, in ConvShape shape);

    /// <summary><c>y = σ(w ⋆ x + b)</c>; no bias if null.</summary>
    public abstract void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y);

    /// <summary><c>∂x = ∂loss/∂x</c>, overwritten.</summary>
    public abstract void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx);

    /// <summary><c>∂w += ∂loss/∂w</c>, added to what is there.</summary>
    public abstract void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw);

    /// <summary>The cheapest algorithm that supports the pass.</summary>
    public static ConvAlgorithm Choose(ConvPass pass, in ConvShape shape)
    {
        ConvAlgorithm? best = null;
        double least = double.PositiveInfinity;
        for (int i = 0; i < All.Count; i++) // an enumerator would be an allocation at every call
        {
            ConvAlgorithm algorithm = All[i];
            if (!algorithm.Supports(pass, shape)) continue;
            double cost = algorithm.Cost(pass, shape);
            if (cost < least) (best, least) = (algorithm, cost);
        }
        return best!; // im2col supports every shape
    }
}
