using CnnEngine.Kernels;

namespace CnnEngine.Losses;

/// <summary>
/// Cross-entropy of the softmax at every pixel of an output C×H×W with H·W labels, for segmentation; averaged over the pixels of each image
/// that have a label, and over the images. (PyTorch averages over the labelled pixels of all images at once, which is the same where each
/// image has as many.)
/// </summary>
public sealed class PixelCrossEntropy : Loss
{
    /// <summary>The label of pixels that do not count; −100 if left out, as in PyTorch.</summary>
    public int IgnoredLabel { get; init; } = -100;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The output is not C×H×W.</exception>
    public override int LabelsPerImage(Shape output) => output.Rank == 3
        ? output[1] * output[2]
        : throw new ArgumentException($"the output is {output}; a loss of pixels needs an image, C×H×W", nameof(output));

    /// <inheritdoc/>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient) =>
        PixelSoftmaxCrossEntropy.Run(output[0], LabelsPerImage(output), outputs, labels, IgnoredLabel, scale, gradient);

    /// <summary>How many pixels have their largest output at their label, and how many have a label.</summary>
    /// <inheritdoc/>
    public override (int Correct, int Guesses) Judge(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels) =>
        PixelSoftmaxCrossEntropy.Judge(output[0], LabelsPerImage(output), outputs, labels, IgnoredLabel);
}
