using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax and cross-entropy in one: <c>loss = −Σ_c t[c] · log softmax(z)[c]</c>, shifted by the largest logit so that no
/// exponential overflows. Their common derivative is simply <c>softmax(z) − t</c>.
/// </summary>
public static class SoftmaxCrossEntropy
{
    // So many logits stay in the first-level cache between the passes over them.
    private const int PieceLength = 4096;

    private const int FewClasses = 32;

    /// <summary>The sum of the losses of a batch, and the derivative by the logits.</summary>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="logits">z, N×classes numbers.</param>
    /// <param name="labels">N labels, 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="scale">What the derivative is multiplied by: 1/N for a loss averaged over the batch.</param>
    /// <param name="dlogits">Receives <c>scale · (softmax(z) − t)</c>, N×classes numbers.</param>
    /// <param name="smoothing">
    /// Label smoothing ε (C. Szegedy et al., "Rethinking the Inception Architecture", 2016): t is 1 − ε at the label, plus ε/classes everywhere.
    /// </param>
    /// <returns>Σ over the batch of the loss, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public static double Run(
        int classes, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, float scale, Span<float> dlogits, float smoothing = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        long length = (long)labels.Length * classes;
        Require.Length(logits.Length, length, nameof(logits));
        Require.Length(dlogits.Length, length, nameof(dlogits));

        // One pass of exponentials over many rows: a row of ten logits alone would leave most lanes empty.
        double total = 0;
        int rows = Math.Max(1, PieceLength / classes);
        for (int first = 0; first < labels.Length; first += rows)
        {
            int count = Math.Min(rows, labels.Length - first);
            CheckLabels(labels.Slice(first, count), first, classes);
            total += RunRows(
                classes, logits.Slice(first * classes, count * classes), labels.Slice(first, count), scale, dlogits.Slice(first * classes, count * classes), smoothing);
        }
        return total;
    }

    private static double RunRows(int classes, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, float scale, Span<float> dlogits, float smoothing)
    {
        double total = 0;
        float everywhere = smoothing / classes;
        for (int n = 0; n < labels.Length; n++)
        {
            Span<float> p = dlogits.Slice(n * classes, classes);
            SubtractLargest(logits.Slice(n * classes, classes), p);
            // −Σ t·(z − max − log sum) with Σ t = 1; log sum is added below.
            total -= (1 - (double)smoothing) * p[labels[n]];
            if (smoothing != 0) total -= everywhere * (double)TensorPrimitives.Sum<float>(p);
        }
        TensorPrimitives.Exp(dlogits, dlogits);
        for (int n = 0; n < labels.Length; n++)
        {
            Span<float> p = dlogits.Slice(n * classes, classes);
            float sum = Sum(p);
            total += Math.Log(sum);
            Scale(p, scale / sum, scale * everywhere);
            p[labels[n]] -= scale * (1 - smoothing);
        }
        return total;
    }

    private static void CheckLabels(ReadOnlySpan<int> labels, int first, int classes)
    {
        for (int n = 0; n < labels.Length; n++)
            if ((uint)labels[n] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), $"label {first + n} is {labels[n]}; the classes are 0 to {classes - 1}");
    }

    // Rows of a few numbers are done before a call has begun.
    private static void SubtractLargest(ReadOnlySpan<float> z, Span<float> shifted)
    {
        if (z.Length > FewClasses)
        {
            TensorPrimitives.Subtract(z, TensorPrimitives.Max(z), shifted);
            return;
        }
        float largest = z[0];
        foreach (float logit in z) largest = Math.Max(largest, logit); // NaN wins
        for (int i = 0; i < z.Length; i++) shifted[i] = z[i] - largest;
    }

    private static float Sum(ReadOnlySpan<float> p)
    {
        if (p.Length > FewClasses) return TensorPrimitives.Sum(p);
        float sum = 0;
        foreach (float number in p) sum += number;
        return sum;
    }

    private static void Scale(Span<float> p, float factor, float subtrahend)
    {
        if (p.Length > FewClasses)
        {
            TensorPrimitives.Multiply(p, factor, p);
            if (subtrahend != 0) TensorPrimitives.Subtract(p, subtrahend, p);
            return;
        }
        foreach (ref float number in p) number = (number * factor) - subtrahend;
    }

    /// <summary><c>softmax(z)[c] = e^(z[c]) / Σ e^z</c> of each row of N×classes logits; <paramref name="probabilities"/> may be <paramref name="logits"/>.</summary>
    /// <exception cref="ArgumentException">The rows are not whole, or the destination is too short.</exception>
    public static void Softmax(int classes, ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (logits.Length % classes != 0) throw new ArgumentException($"{logits.Length} logits are not whole rows of {classes}", nameof(logits));
        Require.Length(probabilities.Length, logits.Length, nameof(probabilities));
        for (int first = 0; first < logits.Length; first += classes)
        {
            ReadOnlySpan<float> z = logits.Slice(first, classes);
            Span<float> p = probabilities.Slice(first, classes);
            TensorPrimitives.Subtract(z, TensorPrimitives.Max(z), p);
            TensorPrimitives.Exp(p, p);
            TensorPrimitives.Divide(p, TensorPrimitives.Sum<float>(p), p);
        }
    }
}
