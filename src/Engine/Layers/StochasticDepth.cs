using System.Numerics.Tensors;

namespace CnnEngine.Layers;

/// <summary>
/// Stochastic depth: in training a whole image becomes 0 with a probability p, and is multiplied by 1/(1 − p) otherwise; nothing is done at
/// inference. At the end of a residual branch it leaves out the branch. Backward: the same for ∂y. Of any shape.
/// </summary>
/// <remarks>G. Huang et al., "Deep Networks with Stochastic Depth", 2016, with the scale of dropout.</remarks>
/// <param name="probability">p, from 0 to 1.</param>
public sealed class StochasticDepth(float probability) : Layer
{
    /// <summary>p, what share of images is dropped.</summary>
    public float Probability { get; } = probability;

    /// <inheritdoc/>
    public override string Kind => "depth";

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
        Dropout.Check(Probability);
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
    public override string ToString() => $"StochasticDepth({Probability})";

    private void Drop(in Step step, ReadOnlySpan<float> from, Span<float> to)
    {
        int images = step.Images, length = step.OutputShape.Length;
        for (int n = 0; n < images; n++)
        {
            float factor = (uint)step.Random(n).Next() < Dropout.Threshold(Probability) ? 0 : 1 / (1 - Probability);
            if (step.Layout == BatchLayout.Chwn)
                for (int i = n; i < from.Length; i += images) to[i] = from[i] * factor;
            else
                TensorPrimitives.Multiply(from.Slice(n * length, length), factor, to.Slice(n * length, length));
        }
    }
}
