using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// One step of Adam (D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1):
/// <code>
/// m = β₁·m + (1 − β₁)·g        mean of the gradients
/// v = β₂·v + (1 − β₂)·g²       mean of their squares
/// w = w − η·m̂ / (√v̂ + ε)       with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), since both means began at 0
/// </code>
/// Weight decay λ comes in one of two ways, as in PyTorch: into the gradient, <c>g + λ·w</c> for g (Adam's own, the derivative of ½λ‖w‖²),
/// or decoupled from it, <c>w − η·λ·w</c> for w (AdamW: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2).
/// Along the vector: the weights. All in one pass: 16 bytes read and 12 written for each weight.
/// </summary>
public static class AdamUpdate
{
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
        Rule rule = new(
            rates, (float)(-learningRate / meanCorrection), (float)(1 / Math.Sqrt(squareCorrection)),
            decay: rates.IsDecoupled ? 0 : rates.WeightDecay,
            keep: rates.IsDecoupled ? (float)(1 - ((double)learningRate * rates.WeightDecay)) : 1);
        WeightUpdate.Run(rule, weights, gradient, mean, square);
    }

    // rate = −η / (1 − β₁ᵗ), correction = 1 / √(1 − β₂ᵗ).
    private readonly struct Rule(AdamRates rates, float rate, float correction, float decay, float keep) : IUpdateRule
    {
        private readonly float _fresh1 = (float)(1 - (double)rates.Beta1);
        private readonly float _fresh2 = (float)(1 - (double)rates.Beta2);

        public static int Memories => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<S, V>(V weight, V gradient, ref V mean, ref V square, ref V third) where S : struct, ISimd<V> where V : unmanaged
        {
            gradient = S.MultiplyAdd(S.Broadcast(decay), weight, gradient);
            mean = S.MultiplyAdd(S.Broadcast(rates.Beta1), mean, S.Multiply(S.Broadcast(_fresh1), gradient));
            square = S.MultiplyAdd(S.Broadcast(rates.Beta2), square, S.Multiply(S.Multiply(S.Broadcast(_fresh2), gradient), gradient));
            V scale = S.MultiplyAdd(S.SquareRoot(square), S.Broadcast(correction), S.Broadcast(rates.Epsilon));
            return S.MultiplyAdd(S.Divide(mean, scale), S.Broadcast(rate), S.Multiply(weight, S.Broadcast(keep)));
        }
    }
}

/// <summary>The constants of Adam.</summary>
/// <param name="Beta1">β₁, how much of the gradients' mean is kept.</param>
/// <param name="Beta2">β₂, how much of the squares' mean is kept.</param>
/// <param name="Epsilon">ε, which keeps the division from zero.</param>
/// <param name="WeightDecay">λ.</param>
/// <param name="IsDecoupled">Whether λ shrinks the weights beside the step, as in AdamW, rather than through the gradient.</param>
public readonly record struct AdamRates(float Beta1, float Beta2, float Epsilon, float WeightDecay, bool IsDecoupled = false);
