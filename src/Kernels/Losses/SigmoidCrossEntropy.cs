using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Sigmoid and binary cross-entropy in one, for outputs that are yes or no each on its own:
/// <c>loss = −t·log σ(z) − (1 − t)·log(1 − σ(z)) = max(z, 0) − z·t + log(1 + e^(−|z|))</c>, in which no exponential overflows. The
/// derivative is simply <c>σ(z) − t</c>. Along the vector: the outputs.
/// </summary>
public static unsafe class SigmoidCrossEntropy
{
    // So many numbers stay in the first-level cache between the passes over them.
    private const int PieceLength = 2048;

    /// <summary>The sum of the losses, and the derivative by the logits.</summary>
    /// <param name="logits">z.</param>
    /// <param name="targets">t, 0 to 1 for each logit.</param>
    /// <param name="scale">What the derivative is multiplied by.</param>
    /// <param name="dlogits">Receives <c>scale · weight · (σ(z) − t)</c>; may be <paramref name="targets"/>.</param>
    /// <param name="weights">What each logit's loss is multiplied by, such as 0 where there is no target; empty for 1 throughout.</param>
    /// <returns><c>Σ weight · loss</c>, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double Run(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> targets, float scale, Span<float> dlogits, ReadOnlySpan<float> weights = default)
    {
        Require.Length(targets.Length, logits.Length, nameof(targets));
        Require.Length(dlogits.Length, logits.Length, nameof(dlogits));
        if (!weights.IsEmpty) Require.Length(weights.Length, logits.Length, nameof(weights));
        using Scratch.Lease lease = Scratch.Take(2 * Math.Min(PieceLength, logits.Length));
        double total = 0;
        for (int first = 0; first < logits.Length; first += PieceLength)
        {
            int length = Math.Min(PieceLength, logits.Length - first);
            Span<float> tail = new(lease.Data, length), sigmoid = new(lease.Data + length, length);
            ReadOnlySpan<float> z = logits.Slice(first, length), t = targets.Slice(first, length), w = weights.IsEmpty ? default : weights.Slice(first, length);
            TensorPrimitives.Abs(z, tail);
            TensorPrimitives.Negate(tail, tail);
            TensorPrimitives.Exp(tail, tail);
            TensorPrimitives.LogP1(tail, tail);
            TensorPrimitives.Sigmoid(z, sigmoid);
            total += Finish(z, t, w, tail, sigmoid, scale, dlogits.Slice(first, length));
        }
        return total;
    }

    private static double Finish(
        ReadOnlySpan<float> z, ReadOnlySpan<float> t, ReadOnlySpan<float> w, ReadOnlySpan<float> tail, ReadOnlySpan<float> sigmoid, float scale, Span<float> dz)
    {
        double total = 0;
        for (int i = 0; i < z.Length; i++)
        {
            float weight = w.IsEmpty ? 1 : w[i], target = t[i];
            // What has no weight has no loss either, whatever its logit.
            if (weight != 0) total += weight * (Math.Max(z[i], 0) - ((double)z[i] * target) + tail[i]);
            dz[i] = weight == 0 ? 0 : scale * weight * (sigmoid[i] - target);
        }
        return total;
    }
}
