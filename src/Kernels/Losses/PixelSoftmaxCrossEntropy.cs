using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax and cross-entropy of every pixel of N×C×H×W logits, for segmentation (J. Long, E. Shelhamer, T. Darrell, "Fully Convolutional
/// Networks for Semantic Segmentation", 2015): a pixel's classes lie a plane of H·W numbers apart. The loss of an image is the mean over
/// its pixels that have a label; the others have no loss and no derivative. Along the vector: the pixels.
/// </summary>
public static unsafe class PixelSoftmaxCrossEntropy
{
    // A piece's rows of some classes stay in the first-level cache between the passes over them.
    private const int PieceLength = 1024;

    /// <summary>The sum of the images' losses, and the derivative by the logits.</summary>
    /// <param name="classes">C, how many classes there are.</param>
    /// <param name="pixels">H·W, how many pixels an image has.</param>
    /// <param name="logits">z, N×C×H×W numbers.</param>
    /// <param name="labels">N×H×W labels: 0 to C − 1, or <paramref name="ignored"/>.</param>
    /// <param name="ignored">The label of pixels that do not count.</param>
    /// <param name="scale">What the derivative is multiplied by: 1/N for a loss averaged over the batch.</param>
    /// <param name="dlogits">Receives <c>scale · (softmax(z) − t) / labelled pixels</c>, N×C×H×W numbers.</param>
    /// <returns>Σ over the images of the mean over their labelled pixels, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short, or there are no whole images of labels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is neither a class nor ignored.</exception>
    public static double Run(
        int classes, int pixels, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int ignored, float scale, Span<float> dlogits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, 1);
        if (labels.Length % pixels != 0) throw new ArgumentException($"{labels.Length} labels are not whole images of {pixels}", nameof(labels));
        Require.Length(logits.Length, (long)labels.Length * classes, nameof(logits));
        Require.Length(dlogits.Length, (long)labels.Length * classes, nameof(dlogits));
        double total = 0;
        for (int first = 0; first < labels.Length; first += pixels)
            total += RunImage(
                classes, logits.Slice(first * classes, pixels * classes), labels.Slice(first, pixels), first, ignored, scale, dlogits.Slice(first * classes, pixels * classes));
        return total;
    }

    /// <summary>How many pixels have their largest logit at their label, and how many have a label. On a tie the first class is meant.</summary>
    /// <inheritdoc cref="Run"/>
    public static (int Correct, int Labelled) Judge(int classes, int pixels, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int ignored)
    {
        int correct = 0, labelled = 0;
        for (int n = 0; n < labels.Length; n++)
        {
            if (labels[n] == ignored) continue;
            labelled++;
            ReadOnlySpan<float> image = logits.Slice(n / pixels * pixels * classes, pixels * classes);
            int pixel = n % pixels, label = labels[n];
            float logit = image[(label * pixels) + pixel];
            bool isLargest = !float.IsNaN(logit);
            for (int c = 0; c < classes && isLargest; c++)
            {
                float other = image[(c * pixels) + pixel];
                isLargest = c < label ? other < logit : other <= logit;
            }
            if (isLargest) correct++;
        }
        return (correct, labelled);
    }

    private static double RunImage(
        int classes, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int firstLabel, int ignored, float scale, Span<float> dlogits)
    {
        int labelled = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == ignored) continue;
            labelled++;
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(
                    nameof(labels), $"label {firstLabel + i} is {labels[i]}; the classes are 0 to {classes - 1}, and {ignored} is ignored");
        }
        if (labelled == 0)
        {
            dlogits.Clear();
            return 0;
        }
        int pieces = (labels.Length + PieceLength - 1) / PieceLength;
        using Scratch.Lease lease = Scratch.Take(2L * pieces); // two floats have the room of a double
        double* sums = (double*)lease.Data;
        fixed (float* z = logits, dz = dlogits)
        fixed (int* y = labels)
            Threads.For(pieces, new Pieces(classes, labels.Length, z, y, ignored, scale / labelled, dz, sums));
        double total = 0;
        for (int piece = 0; piece < pieces; piece++) total += sums[piece];
        return total / labelled;
    }

    private readonly struct Pieces(int classes, int pixels, float* z, int* y, int ignored, float scale, float* dz, double* sums) : IChunks
    {
        public void Run(int piece)
        {
            int first = piece * PieceLength, length = Math.Min(PieceLength, pixels - first);
            using Scratch.Lease lease = Scratch.Take(2 * PieceLength);
            Span<float> largest = new(lease.Data, length), sum = new(lease.Data + PieceLength, length);
            Row(z, 0, first, length).CopyTo(largest);
            for (int c = 1; c < classes; c++) TensorPrimitives.Max(largest, Row(z, c, first, length), largest);
            sum.Clear();
            for (int c = 0; c < classes; c++)
            {
                Span<float> p = Row(dz, c, first, length);
                TensorPrimitives.Subtract(Row(z, c, first, length), largest, p);
                Exponential.Run(p);
                TensorPrimitives.Add(sum, p, sum);
            }

            double total = 0;
            for (int i = 0; i < length; i++)
            {
                int label = y[first + i];
                // largest takes the factor that is to follow; its own number is needed no more.
                if (label != ignored) total += Math.Log(sum[i]) - ((double)z[((long)label * pixels) + first + i] - largest[i]);
                largest[i] = label == ignored ? 0 : scale / sum[i];
            }
            for (int c = 0; c < classes; c++) TensorPrimitives.Multiply(Row(dz, c, first, length), largest, Row(dz, c, first, length));
            for (int i = 0; i < length; i++)
                if (y[first + i] is var label && label != ignored) dz[((long)label * pixels) + first + i] -= scale;
            sums[piece] = total;
        }

        private Span<float> Row(float* planes, int c, int first, int length) => new(planes + ((long)c * pixels) + first, length);
    }
}
