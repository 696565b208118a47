using System.Numerics.Tensors;

namespace CnnEngine.Layers;

/// <summary>
/// Stochastic depth: in training a whole image becomes 0 with a probability p, and is multiplied by 1/(1 − p) otherwise; nothing is done at
/// inference. At the end of a residual branch it leaves out the branch. Backward: the same for ∂y. Of any shape.
/// </summary>
/// <remarks>G. Huang et al., "Deep Networks with Stochastic Depth", 2016, with the scale of dropout.</remarks>
/// <param name="probability">p, from 0 to 1.</param>
public sealed class StochasticDepth(float probability) : DroppingLayer(probability)
{
    /// <inheritdoc/>
    public override string Kind => "depth";

    /// <inheritdoc/>
    public override string ToString() => $"StochasticDepth({Probability})";

    private protected override void Drop(in Step step, ReadOnlySpan<float> from, Span<float> to)
    {
        int images = step.Images, length = step.OutputShape.Length;
        for (int n = 0; n < images; n++)
        {
            float factor = (uint)step.Random(n).Next() < Threshold ? 0 : 1 / (1 - Probability);
            if (step.Layout == BatchLayout.Chwn)
                for (int i = n; i < from.Length; i += images) to[i] = from[i] * factor;
            else
                TensorPrimitives.Multiply(from.Slice(n * length, length), factor, to.Slice(n * length, length));
        }
    }
}
