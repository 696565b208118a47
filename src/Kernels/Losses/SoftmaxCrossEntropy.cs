using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax and cross-entropy in one: <c>loss = −Σ_c t[c] · log softmax(z)[c]</c>, shifted by the largest logit so that no
/// exponential overflows. Their common derivative is simply <c>softmax(z) − t</c>.
/// </summary>
public static class SoftmaxCrossEntropy
{
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

        double total = 0;
        float everywhere = smoothing / classes;
        for (int n = 0; n < labels.Length; n++)
        {
            int label = labels[n];
            if ((uint)label >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), $"label {n} is {label}; the classes are 0 to {classes - 1}");
            ReadOnlySpan<float> z = logits.Slice(n * classes, classes);
            Span<float> p = dlogits.Slice(n * classes, classes);

            float largest = TensorPrimitives.Max(z);
            TensorPrimitives.Subtract(z, largest, p);
            float shiftedLabel = p[label], shiftedSum = smoothing == 0 ? 0 : TensorPrimitives.Sum<float>(p);
            TensorPrimitives.Exp(p, p);
            float sum = TensorPrimitives.Sum<float>(p);
            // −Σ t·(z − max − log sum) with Σ t = 1.
            total += Math.Log(sum) - ((1 - (double)smoothing) * shiftedLabel) - (everywhere * (double)shiftedSum);

            TensorPrimitives.Multiply(p, scale / sum, p);
            if (smoothing != 0) TensorPrimitives.Subtract(p, scale * everywhere, p);
            p[label] -= scale * (1 - smoothing);
        }
        return total;
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
