using CnnEngine.Kernels;

namespace CnnEngine.Losses;

/// <summary>
/// Cross-entropy of the sigmoid of each output, <c>−t·log σ(z) − (1 − t)·log(1 − σ(z))</c>, averaged over the outputs of an image: for
/// properties that an image has or has not, or a mask of one channel. Each output has a label, 1 for yes or 0 for no. The derivative is
/// <c>(σ(z) − t) / outputs</c>.
/// </summary>
public sealed class BinaryCrossEntropy : Loss
{
    /// <inheritdoc/>
    public override int LabelsPerImage(Shape output) => output.Length;

    /// <inheritdoc/>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient)
    {
        gradient = gradient[..labels.Length];
        for (int i = 0; i < labels.Length; i++)
            gradient[i] = labels[i] is 0 or 1 ? labels[i] : throw new ArgumentOutOfRangeException(nameof(labels), $"label {i} is {labels[i]}; it must be 0 or 1");
        return SigmoidCrossEntropy.Run(outputs, gradient, scale / output.Length, gradient) / output.Length;
    }

    /// <summary>How many outputs are above 0 where the label is 1 and not above where it is 0, and how many there are.</summary>
    /// <inheritdoc/>
    public override (int Correct, int Guesses) Judge(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        int correct = 0;
        for (int i = 0; i < labels.Length; i++)
            if (!float.IsNaN(outputs[i]) && outputs[i] > 0 == (labels[i] == 1)) correct++;
        return (correct, labels.Length);
    }
}
