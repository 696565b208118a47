namespace CnnEngine.Kernels;

/// <summary>An exponential moving average of weights, <c>a = a + (1 − β)·(w − a)</c>. Along the vector: the weights.</summary>
public static unsafe class MovingAverage
{
    /// <summary>Takes the weights into the average.</summary>
    /// <param name="average">a, updated in place.</param>
    /// <param name="weights">w.</param>
    /// <param name="keep">β, how much of the average is kept.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Run(Span<float> average, ReadOnlySpan<float> weights, float keep)
    {
        Require.Length(weights.Length, average.Length, nameof(weights));
        fixed (float* a = average, w = weights) Elementwise.Apply(new Approach((float)(1 - (double)keep)), a, w, a, average.Length);
    }

    private readonly struct Approach(float share) : IBinaryOperator
    {
        public V Invoke<S, V>(V average, V weight) where S : struct, ISimd<V> where V : unmanaged =>
            S.MultiplyAdd(S.Broadcast(share), S.Subtract(weight, average), average);
    }
}
