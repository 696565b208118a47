using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// One step of RMSprop (T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", 2012), as PyTorch has it:
/// <code>
/// d = g + λ·w                   weight decay
/// v = α·v + (1 − α)·d²          mean of the gradients' squares
/// a = α·a + (1 − α)·d           centred only (A. Graves, "Generating Sequences with Recurrent Neural Networks", 2013):
/// s = √v + ε                    the mean of the gradients, and s = √(v − a²) + ε
/// b = μ·b + d / s               momentum
/// w = w − η·b
/// </code>
/// Along the vector: the weights, all in one pass.
/// </summary>
public static class RmsPropUpdate
{
    /// <summary>Updates weights and what is remembered of them in place.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">g, the mean gradient of the minibatch.</param>
    /// <param name="square">v, zeros before the first step.</param>
    /// <param name="velocity">b, zeros before the first step; may be left empty where the momentum is 0.</param>
    /// <param name="mean">a, zeros before the first step; empty if the method is not to be centred.</param>
    /// <param name="rates">α, ε, μ, λ.</param>
    /// <param name="learningRate">η.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Run(
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> square, Span<float> velocity, Span<float> mean, in RmsPropRates rates, float learningRate)
    {
        Require.Length(gradient.Length, weights.Length, nameof(gradient));
        Require.Length(square.Length, weights.Length, nameof(square));
        if (rates.Momentum != 0 || !velocity.IsEmpty) Require.Length(velocity.Length, weights.Length, nameof(velocity));
        if (!mean.IsEmpty) Require.Length(mean.Length, weights.Length, nameof(mean));
        WeightUpdate.Run(new Rule(rates, learningRate, !mean.IsEmpty), weights, gradient, square, velocity, mean);
    }

    private readonly struct Rule(RmsPropRates rates, float rate, bool centered) : IUpdateRule
    {
        private readonly float _fresh = (float)(1 - (double)rates.Alpha);

        public static int Memories => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<S, V>(V weight, V gradient, ref V square, ref V velocity, ref V mean) where S : struct, ISimd<V> where V : unmanaged
        {
            V alpha = S.Broadcast(rates.Alpha), fresh = S.Broadcast(_fresh);
            gradient = S.MultiplyAdd(S.Broadcast(rates.WeightDecay), weight, gradient);
            square = S.MultiplyAdd(alpha, square, S.Multiply(S.Multiply(fresh, gradient), gradient));
            V variance = square;
            if (centered)
            {
                mean = S.MultiplyAdd(alpha, mean, S.Multiply(fresh, gradient));
                variance = S.Subtract(square, S.Multiply(mean, mean));
                // Where all gradients are alike, rounding can make it a little less than nothing, which has no root.
                variance = S.WhereNegative(variance, S.Zero, variance);
            }
            velocity = S.MultiplyAdd(
                S.Broadcast(rates.Momentum), velocity, S.Divide(gradient, S.Add(S.SquareRoot(variance), S.Broadcast(rates.Epsilon))));
            return S.MultiplyAdd(S.Broadcast(-rate), velocity, weight);
        }
    }
}

/// <summary>The constants of RMSprop.</summary>
/// <param name="Alpha">α, how much of the squares' mean is kept.</param>
/// <param name="Epsilon">ε, which keeps the division from zero.</param>
/// <param name="Momentum">μ; 0 is none.</param>
/// <param name="WeightDecay">λ.</param>
public readonly record struct RmsPropRates(float Alpha, float Epsilon, float Momentum, float WeightDecay);
