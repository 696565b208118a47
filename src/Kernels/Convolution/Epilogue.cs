using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What a convolution does to its sums as it writes them out, while they are in the cache: bias, then activation.</summary>
internal static unsafe class Epilogue
{
    /// <summary><c>y = σ(x + b)</c> where σ is piecewise linear; other functions are left to <see cref="Finish"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write<S, V>(float* from, int length, float bias, Activation activation, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // One formula for three functions: y = max(x, 0) + slope · min(x, 0).
        float slope = activation.Kind switch { ActivationKind.Relu => 0, ActivationKind.LeakyRelu => activation.Slope, _ => 1 };
        V biases = S.Broadcast(bias), slopes = S.Broadcast(slope);
        int j = 0;
        for (; j <= length - S.Lanes; j += S.Lanes)
        {
            V x = S.Add(S.Load(from + j), biases);
            S.Store(to + j, S.WhereNegative(x, S.Multiply(slopes, x), x));
        }
        for (; j < length; j++)
        {
            float x = from[j] + bias;
            to[j] = x < 0 ? slope * x : x;
        }
    }

    /// <summary>The rest of <see cref="Write"/>: the curved functions, over numbers just written.</summary>
    public static void Finish(Activation activation, float* y, int length)
    {
        if (activation.Kind is ActivationKind.Sigmoid or ActivationKind.Tanh) Activations.Forward(activation, y, y, length);
    }
}
