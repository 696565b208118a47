using System.Numerics.Tensors;
using CnnEngine.Kernels;

namespace CnnEngine.Losses;

/// <summary>What training makes small: a number for each image, averaged over the minibatch.</summary>
public abstract class Loss
{
    /// <summary>The losses of some images, and their derivatives by the network's output. Called from several threads at once.</summary>
    /// <param name="output">The shape of one image's output.</param>
    /// <param name="outputs">The network's outputs, one row for each image.</param>
    /// <param name="labels">The labels of one image after another, as many of each as the data has (<see cref="Takes"/>).</param>
    /// <param name="scale">What the derivatives are multiplied by: 1/N for a minibatch of N.</param>
    /// <param name="gradient">Receives <c>scale · ∂loss/∂output</c>.</param>
    /// <returns>The sum of the images' losses, not scaled.</returns>
    public abstract double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient);

    /// <summary>How many labels an image has: one for a whole image, or one for each pixel of an output C×H×W.</summary>
    public virtual int LabelsPerImage(Shape output) => 1;

    /// <summary>
    /// Whether the loss takes data with so many labels an image; if not overridden, with <see cref="LabelsPerImage"/> of them. A loss of
    /// mixed images takes both these and others that have one label: the quotient of labels and outputs says which they are.
    /// </summary>
    public virtual bool Takes(Shape output, int labelsPerImage) => labelsPerImage == LabelsPerImage(output);

    /// <summary>How many guesses are right, and how many there are; if not overridden, an image's guess is its largest output.</summary>
    /// <param name="output">The shape of one image's output.</param>
    /// <param name="outputs">The network's outputs, one row for each image.</param>
    /// <param name="labels">The labels of one image after another.</param>
    public virtual (int Correct, int Guesses) Judge(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        int length = output.Length, correct = 0;
        for (int n = 0; n < labels.Length; n++)
        {
            ReadOnlySpan<float> row = outputs.Slice(n * length, length);
            if (TensorPrimitives.IndexOfMax(row) == labels[n] && !float.IsNaN(row[labels[n]])) correct++;
        }
        return (correct, labels.Length);
    }
}

/// <summary>Cross-entropy of the softmax: <c>−Σ t · log softmax(z)</c>; its derivative is <c>softmax(z) − t</c>.</summary>
public sealed class CrossEntropy : Loss
{
    /// <summary>Label smoothing ε, 0 to 1: the target is 1 − ε at the label plus ε/classes everywhere. 0 if left out.</summary>
    public float Smoothing { get; init; }

    /// <inheritdoc/>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient) =>
        SoftmaxCrossEntropy.Run(output.Length, outputs, labels, scale, gradient, Smoothing);
}

/// <summary>The notes' squared error, <c>½‖a − y‖²</c> with y = 1 at the label and 0 elsewhere; its derivative is <c>a − y</c>.</summary>
public sealed class HalfSquaredError : Loss
{
    /// <inheritdoc/>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient)
    {
        int classes = output.Length;
        gradient.Clear();
        for (int n = 0; n < labels.Length; n++)
        {
            if ((uint)labels[n] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), $"label {n} is {labels[n]}; the classes are 0 to {classes - 1}");
            gradient[(n * classes) + labels[n]] = 1;
        }
        return SquaredError.Run(outputs, gradient, scale, gradient);
    }
}
