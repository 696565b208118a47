using CnnEngine.Kernels;

namespace CnnEngine.Losses;

/// <summary>
/// Cross-entropy of the softmax for images that are mixed of two, <c>λ·CE(z, a) + (1 − λ)·CE(z, b)</c> (H. Zhang et al., "mixup: Beyond
/// Empirical Risk Minimization", 2018). An image has three labels, a, b and λ in 1/65536, as <see cref="Data.AugmentedDataset"/> gives
/// them; or one, as in testing, and the loss is <see cref="CrossEntropy"/>. The derivative is <c>softmax(z) − λ·t(a) − (1 − λ)·t(b)</c>.
/// </summary>
public sealed class MixedCrossEntropy : Loss
{
    private const int LabelsOfMixed = 3;

    private const int Whole = 1 << 16;

    // First labels that are laid side by side at a time, on the stack.
    private const int PieceImages = 128;

    /// <summary>Label smoothing ε, 0 to 1: the target is 1 − ε, shared between the two labels, plus ε/classes everywhere. 0 if left out.</summary>
    public float Smoothing { get; init; }

    /// <inheritdoc/>
    public override bool Takes(Shape output, int labelsPerImage) => labelsPerImage is 1 or LabelsOfMixed;

    /// <inheritdoc/>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient)
    {
        int classes = output.Length, images = outputs.Length / classes;
        if (labels.Length == images) return SoftmaxCrossEntropy.Run(classes, outputs, labels, scale, gradient, Smoothing);
        CheckLabels(labels, classes);
        Span<int> piece = stackalloc int[PieceImages];
        double total = 0;
        for (int first = 0; first < images; first += PieceImages)
        {
            Span<int> ones = piece[..Math.Min(PieceImages, images - first)];
            for (int i = 0; i < ones.Length; i++) ones[i] = labels[LabelsOfMixed * (first + i)];
            int start = first * classes, length = ones.Length * classes;
            total += SoftmaxCrossEntropy.Run(classes, outputs.Slice(start, length), ones, scale, gradient.Slice(start, length), Smoothing);
        }
        // The whole target was at a; (1 − λ)·(1 − ε) of it belongs to b.
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<int> label = labels.Slice(LabelsOfMixed * n, LabelsOfMixed);
            int a = (n * classes) + label[0], b = (n * classes) + label[1];
            float moved = (1 - Smoothing) * ((Whole - label[2]) / (float)Whole);
            total += moved * ((double)outputs[a] - outputs[b]);
            gradient[a] += scale * moved;
            gradient[b] -= scale * moved;
        }
        return total;
    }

    /// <summary>How many images have their largest output at the label with the larger share, and how many there are.</summary>
    /// <inheritdoc/>
    public override (int Correct, int Guesses) Judge(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        int images = outputs.Length / output.Length, correct = 0;
        if (labels.Length == images) return base.Judge(output, outputs, labels);
        Span<int> larger = stackalloc int[1];
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<int> label = labels.Slice(LabelsOfMixed * n, LabelsOfMixed);
            larger[0] = 2 * label[2] >= Whole ? label[0] : label[1];
            correct += base.Judge(output, outputs.Slice(n * output.Length, output.Length), larger).Correct;
        }
        return (correct, images);
    }

    private static void CheckLabels(ReadOnlySpan<int> labels, int classes)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            (int most, string what) = i % LabelsOfMixed == LabelsOfMixed - 1 ? (Whole, "shares") : (classes - 1, "classes");
            if ((uint)labels[i] > (uint)most) throw new ArgumentOutOfRangeException(nameof(labels), $"label {i} is {labels[i]}; the {what} are 0 to {most}");
        }
    }
}
