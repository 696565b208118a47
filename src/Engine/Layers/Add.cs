using System.Numerics.Tensors;

namespace CnnEngine.Layers;

/// <summary>The sum of two values of one shape, <c>y = a + b</c>: a residual connection's join. Backward: both get ∂y.</summary>
public sealed class Add : Layer
{
    /// <inheritdoc/>
    public override string Kind => "add";

    /// <inheritdoc/>
    public override int InputCount => 2;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Input(0) != plan.Input(1)) throw new ArgumentException($"inputs are {plan.Input(0)} and {plan.Input(1)}; they must have one shape");
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => TensorPrimitives.Add(step.Input(0), step.Input(1), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        for (int i = 0; i < 2; i++)
            if (step.WantsInputGradient(i)) step.OutputGradient.CopyTo(step.InputGradient(i));
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, output.Length);

    /// <inheritdoc/>
    public override string ToString() => "Add";
}
