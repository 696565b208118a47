namespace CnnEngine.Kernels;

/// <summary>
/// One step of stochastic gradient descent with momentum, as PyTorch has it:
/// <code>
/// d = g + λ·w          weight decay
/// v = μ·v + d          momentum
/// w = w − η·v          or, with Nesterov's momentum, w − η·(d + μ·v)
/// </code>
/// Along the vector: the weights.
/// </summary>
public static unsafe class SgdUpdate
{
    private const int PieceLength = 1 << 12;

    /// <summary>Updates weights and velocity in place.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">g, the mean gradient of the minibatch.</param>
    /// <param name="velocity">v, zeros before the first step.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="momentum">μ; 0 is plain gradient descent.</param>
    /// <param name="weightDecay">λ.</param>
    /// <param name="nesterov">Whether to look ahead by one step of the velocity (Y. Nesterov, 1983; I. Sutskever et al., 2013).</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Run(
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> velocity, float learningRate, float momentum, float weightDecay, bool nesterov)
    {
        Require.Length(gradient.Length, weights.Length, nameof(gradient));
        Require.Length(velocity.Length, weights.Length, nameof(velocity));
        fixed (float* w = weights, g = gradient, v = velocity)
        {
            int pieces = (weights.Length + PieceLength - 1) / PieceLength;
            Threads.ForVectors(pieces, new Pieces(w, g, v, weights.Length, learningRate, momentum, weightDecay, nesterov));
        }
    }

    private readonly struct Pieces(float* w, float* g, float* v, int length, float rate, float momentum, float decay, bool nesterov) : IVectorChunks
    {
        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            V rates = S.Broadcast(-rate), momenta = S.Broadcast(momentum), decays = S.Broadcast(decay);
            int i = piece * PieceLength, end = Math.Min(i + PieceLength, length);
            for (; i <= end - S.Lanes; i += S.Lanes)
            {
                V weight = S.Load(w + i);
                V step = S.MultiplyAdd(decays, weight, S.Load(g + i));
                V velocity = S.MultiplyAdd(momenta, S.Load(v + i), step);
                S.Store(v + i, velocity);
                S.Store(w + i, S.MultiplyAdd(rates, nesterov ? S.MultiplyAdd(momenta, velocity, step) : velocity, weight));
            }
            for (; i < end; i++)
            {
                float step = MathF.FusedMultiplyAdd(decay, w[i], g[i]);
                v[i] = MathF.FusedMultiplyAdd(momentum, v[i], step);
                w[i] = MathF.FusedMultiplyAdd(-rate, nesterov ? MathF.FusedMultiplyAdd(momentum, v[i], step) : v[i], w[i]);
            }
        }
    }
}
