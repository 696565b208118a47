namespace CnnEngine.Kernels;

/// <summary>
/// One step of Adam (D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1) with the weight decay of
/// AdamW (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2, λ times the learning rate as in PyTorch):
/// <code>
/// m = β₁·m + (1 − β₁)·g        mean of the gradients
/// v = β₂·v + (1 − β₂)·g²       mean of their squares
/// w = w − η·λ·w − η·m̂ / (√v̂ + ε)   with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), since both means began at 0
/// </code>
/// Along the vector: the weights. All in one pass: 16 bytes read and 12 written for each weight.
/// </summary>
public static unsafe class AdamUpdate
{
    private const int PieceLength = 1 << 12;

    /// <summary>Updates weights and both means in place.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">g, the mean gradient of the minibatch.</param>
    /// <param name="mean">m, zeros before the first step.</param>
    /// <param name="square">v, zeros before the first step.</param>
    /// <param name="rates">β₁, β₂, ε, λ.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="step">t, 1 at the first step.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public static void Run(
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, in AdamRates rates, float learningRate, long step)
    {
        Require.Length(gradient.Length, weights.Length, nameof(gradient));
        Require.Length(mean.Length, weights.Length, nameof(mean));
        Require.Length(square.Length, weights.Length, nameof(square));
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        // The corrections of the first steps are differences of almost equal numbers: in double precision.
        double meanCorrection = 1 - Math.Pow(rates.Beta1, step), squareCorrection = 1 - Math.Pow(rates.Beta2, step);
        fixed (float* w = weights, g = gradient, m = mean, v = square)
        {
            int pieces = (weights.Length + PieceLength - 1) / PieceLength;
            Threads.ForVectors(pieces, new Pieces(
                w, g, m, v, weights.Length, rates, (float)(-learningRate / meanCorrection), (float)(1 / Math.Sqrt(squareCorrection)),
                (float)(1 - ((double)learningRate * rates.WeightDecay))));
        }
    }

    // rate = −η / (1 − β₁ᵗ), correction = 1 / √(1 − β₂ᵗ), keep = 1 − η·λ.
    private readonly struct Pieces(
        float* w, float* g, float* m, float* v, int length, AdamRates rates, float rate, float correction, float keep) : IVectorChunks
    {
        private readonly float _fresh1 = (float)(1 - (double)rates.Beta1);
        private readonly float _fresh2 = (float)(1 - (double)rates.Beta2);

        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            V beta1 = S.Broadcast(rates.Beta1), fresh1 = S.Broadcast(_fresh1), beta2 = S.Broadcast(rates.Beta2), fresh2 = S.Broadcast(_fresh2);
            V epsilon = S.Broadcast(rates.Epsilon), minusRate = S.Broadcast(rate), corrections = S.Broadcast(correction), kept = S.Broadcast(keep);
            int i = piece * PieceLength, end = Math.Min(i + PieceLength, length);
            for (; i <= end - S.Lanes; i += S.Lanes)
            {
                V gradient = S.Load(g + i);
                V mean = S.MultiplyAdd(beta1, S.Load(m + i), S.Multiply(fresh1, gradient));
                V square = S.MultiplyAdd(beta2, S.Load(v + i), S.Multiply(S.Multiply(fresh2, gradient), gradient));
                S.Store(m + i, mean);
                S.Store(v + i, square);
                V scale = S.MultiplyAdd(S.SquareRoot(square), corrections, epsilon);
                S.Store(w + i, S.MultiplyAdd(S.Divide(mean, scale), minusRate, S.Multiply(S.Load(w + i), kept)));
            }
            for (; i < end; i++)
            {
                m[i] = MathF.FusedMultiplyAdd(rates.Beta1, m[i], _fresh1 * g[i]);
                v[i] = MathF.FusedMultiplyAdd(rates.Beta2, v[i], _fresh2 * g[i] * g[i]);
                float scale = MathF.FusedMultiplyAdd(MathF.Sqrt(v[i]), correction, rates.Epsilon);
                w[i] = MathF.FusedMultiplyAdd(m[i] / scale, rate, w[i] * keep);
            }
        }
    }
}

/// <summary>The constants of Adam.</summary>
/// <param name="Beta1">β₁, how much of the gradients' mean is kept.</param>
/// <param name="Beta2">β₂, how much of the squares' mean is kept.</param>
/// <param name="Epsilon">ε, which keeps the division from zero.</param>
/// <param name="WeightDecay">λ, decoupled from the gradient.</param>
public readonly record struct AdamRates(float Beta1, float Beta2, float Epsilon, float WeightDecay);
