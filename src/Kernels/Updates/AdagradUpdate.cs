using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// One step of Adagrad (J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
/// 2011), as PyTorch has it:
/// <code>
/// d = g + λ·w              weight decay
/// v = v + d²               sum of the gradients' squares, over all steps
/// w = w − η·d / (√v + ε)
/// </code>
/// Along the vector: the weights, all in one pass.
/// </summary>
public static class AdagradUpdate
{
    /// <summary>Updates weights and sums in place.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">g, the mean gradient of the minibatch.</param>
    /// <param name="sum">v, 0 or more before the first step.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="epsilon">ε, which keeps the division from zero.</param>
    /// <param name="weightDecay">λ.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Run(
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> sum, float learningRate, float epsilon, float weightDecay)
    {
        Require.Length(gradient.Length, weights.Length, nameof(gradient));
        Require.Length(sum.Length, weights.Length, nameof(sum));
        WeightUpdate.Run(new Rule(learningRate, epsilon, weightDecay), weights, gradient, sum);
    }

    private readonly struct Rule(float rate, float epsilon, float decay) : IUpdateRule
    {
        public static int Memories => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<S, V>(V weight, V gradient, ref V sum, ref V second, ref V third) where S : struct, ISimd<V> where V : unmanaged
        {
            gradient = S.MultiplyAdd(S.Broadcast(decay), weight, gradient);
            sum = S.MultiplyAdd(gradient, gradient, sum);
            V step = S.Divide(gradient, S.Add(S.SquareRoot(sum), S.Broadcast(epsilon)));
            return S.MultiplyAdd(S.Broadcast(-rate), step, weight);
        }
    }
}
