namespace CnnEngine.Layers;

/// <summary>What dropout and stochastic depth have in common: something is left out at random in training, the same in both passes.</summary>
public abstract class DroppingLayer : Layer
{
    private protected DroppingLayer(float probability) => Probability = probability;

    /// <summary>p, what share is dropped.</summary>
    public float Probability { get; }

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <summary>Below this number 32 random bits lie with the probability p.</summary>
    private protected ulong Threshold => (ulong)(Probability * 4294967296.0);

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!(Probability is >= 0 and <= 1)) throw new ArgumentException($"the probability is {Probability}; it must be from 0 to 1");
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

    /// <summary>Leaves out what the step's random numbers say, and scales the rest by 1/(1 − p).</summary>
    private protected abstract void Drop(in Step step, ReadOnlySpan<float> from, Span<float> to);
}
