using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Joins values along their channels, <c>C₁×H×W, C₂×H×W, … → (C₁ + C₂ + …)×H×W</c>, or rows of features end to end. Backward: each gets its part
/// of ∂y.
/// </summary>
public sealed class Concat : Layer
{
    /// <summary>Describes a join.</summary>
    /// <param name="inputs">How many values it joins; 2 if left out.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public Concat(int inputs = 2)
    {
        if (inputs < 1) throw new ArgumentException($"the number of values to join is {inputs}; it must be at least 1");
        InputCount = inputs;
    }

    /// <inheritdoc/>
    public override string Kind => "concat";

    /// <inheritdoc/>
    public override int InputCount { get; }

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        int[] extents = plan.Input().ToArray();
        for (int i = 1; i < InputCount; i++)
        {
            Shape input = plan.Input(i);
            if (input.Rank != extents.Length || !input.ToArray().AsSpan(1).SequenceEqual(extents.AsSpan(1)))
                throw new ArgumentException($"input 0 is {plan.Input()}, input {i} is {input}; they must agree in all but the channels");
            extents[0] = checked(extents[0] + input[0]);
        }
        return new Shape(extents);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        // In C×H×W×N all images are one block.
        (int images, int places) = step.Layout == BatchLayout.Chwn ? (1, step.Images) : (step.Images, 1);
        int row = step.OutputShape.Length * places;
        for (int i = 0, first = 0; i < InputCount; i++)
        {
            int length = step.InputShape(i).Length * places;
            BlockCopy.Run(images, length, step.Input(i), length, step.Output[first..], row);
            first += length;
        }
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        (int images, int places) = step.Layout == BatchLayout.Chwn ? (1, step.Images) : (step.Images, 1);
        int row = step.OutputShape.Length * places;
        for (int i = 0, first = 0; i < InputCount; i++)
        {
            int length = step.InputShape(i).Length * places;
            if (step.WantsInputGradient(i)) BlockCopy.Run(images, length, step.OutputGradient[first..], row, step.InputGradient(i), length);
            first += length;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => InputCount == 2 ? "Concat" : $"Concat({InputCount})";
}
