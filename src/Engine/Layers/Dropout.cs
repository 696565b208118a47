namespace CnnEngine.Layers;

/// <summary>
/// Dropout: in training each number becomes 0 with a probability p, and is multiplied by 1/(1 − p) otherwise, so that means are kept and nothing
/// is to be done at inference. Backward: the same for ∂y. Of any shape.
/// </summary>
/// <remarks>
/// G. Hinton et al., "Improving Neural Networks by Preventing Co-adaptation of Feature Detectors", 2012. What is dropped is not kept: the
/// backward pass draws the same random numbers again.
/// </remarks>
/// <param name="probability">p, from 0 to 1.</param>
public sealed class Dropout(float probability = 0.5f) : DroppingLayer(probability)
{
    /// <inheritdoc/>
    public override string Kind => "dropout";

    /// <inheritdoc/>
    public override string ToString() => $"Dropout({Probability})";

    private protected override void Drop(in Step step, ReadOnlySpan<float> from, Span<float> to)
    {
        int images = step.Images, length = step.OutputShape.Length;
        (int image, int next) = step.Layout == BatchLayout.Chwn ? (1, images) : (length, 1);
        ulong threshold = Threshold;
        float scale = 1 / (1 - Probability);
        for (int n = 0; n < images; n++)
        {
            SplitMix64 random = step.Random(n);
            ulong bits = 0;
            for (int i = 0, at = n * image; i < length; i++, at += next)
            {
                // One random number for two.
                bits = i % 2 == 0 ? random.Next() : bits >> 32;
                to[at] = (uint)bits < threshold ? 0 : from[at] * scale;
            }
        }
    }
}
