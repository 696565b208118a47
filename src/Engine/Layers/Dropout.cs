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
public sealed class Dropout(float probability = 0.5f) : Layer
{
    /// <summary>p, what share is dropped.</summary>
    public float Probability { get; } = probability;

    /// <inheritdoc/>
    public override string Kind => "dropout";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Check(Probability);
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        if (step.Training) Drop(step, step.Input(), step.Output);
        else step.Input().CopyTo(step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) Drop(step, step.OutputGradient, step.InputGradient());
    }

    /// <inheritdoc/>
    public override string ToString() => $"Dropout({Probability})";

    private void Drop(in Step step, ReadOnlySpan<float> from, Span<float> to)
    {
        int images = step.Images, length = step.OutputShape.Length;
        (int image, int next) = step.Layout == BatchLayout.Chwn ? (1, images) : (length, 1);
        ulong threshold = Threshold(Probability);
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

    /// <summary>Below this number 32 random bits lie with the given probability.</summary>
    internal static ulong Threshold(float probability) => (ulong)(probability * 4294967296.0);

    internal static void Check(float probability)
    {
        if (!(probability is >= 0 and <= 1)) throw new ArgumentException($"the probability is {probability}; it must be from 0 to 1");
    }
}
