using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Activation functions and their derivatives. The derivative is worked out from the function's value y, so that nothing but the
/// output need be kept for the backward pass.
/// </summary>
public static unsafe class Activations
{
    /// <summary><c>y = σ(x)</c>, element by element; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="y"/> is shorter than <paramref name="x"/>.</exception>
    public static void Forward(Activation activation, ReadOnlySpan<float> x, Span<float> y)
    {
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (float* px = x, py = y) Forward(activation, px, py, x.Length);
    }

    /// <summary><c>∂x = ∂y ⊙ σ'(x)</c> with <c>σ'</c> written in y = σ(x); <paramref name="dx"/> may be <paramref name="dy"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="dy"/> or <paramref name="dx"/> is shorter than <paramref name="y"/>.</exception>
    public static void Backward(Activation activation, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Require.Length(dy.Length, y.Length, nameof(dy));
        Require.Length(dx.Length, y.Length, nameof(dx));
        fixed (float* py = y, pdy = dy, pdx = dx) Backward(activation, py, pdy, pdx, y.Length);
    }

    internal static void Forward(Activation activation, float* x, float* y, int length)
    {
        switch (activation.Kind)
        {
            case ActivationKind.Identity: if (x != y) new ReadOnlySpan<float>(x, length).CopyTo(new Span<float>(y, length)); break;
            case ActivationKind.Relu: Elementwise.Apply(new Relu(), x, y, length); break;
            case ActivationKind.LeakyRelu: Elementwise.Apply(new LeakyRelu(activation.Slope), x, y, length); break;
            case ActivationKind.Sigmoid: Elementwise.Apply(new Sigmoid(), x, y, length); break;
            case ActivationKind.Tanh: Elementwise.Apply(new Tanh(), x, y, length); break;
            case ActivationKind.Elu: Elementwise.Apply(new Elu(activation.Slope), x, y, length); break;
            case ActivationKind.ScaledTanh: Elementwise.Apply(new ScaledTanh(), x, y, length); break;
            default: throw Unknown(activation);
        }
    }

    internal static void Backward(Activation activation, float* y, float* dy, float* dx, int length)
    {
        switch (activation.Kind)
        {
            case ActivationKind.Identity: if (dx != dy) new ReadOnlySpan<float>(dy, length).CopyTo(new Span<float>(dx, length)); break;
            case ActivationKind.Relu: Elementwise.Apply(new ReluDerivative(), y, dy, dx, length); break;
            case ActivationKind.LeakyRelu: Elementwise.Apply(new LeakyReluDerivative(activation.Slope), y, dy, dx, length); break;
            case ActivationKind.Sigmoid: Elementwise.Apply(new SigmoidDerivative(), y, dy, dx, length); break;
            case ActivationKind.Tanh: Elementwise.Apply(new TanhDerivative(), y, dy, dx, length); break;
            case ActivationKind.Elu: Elementwise.Apply(new EluDerivative(activation.Slope), y, dy, dx, length); break;
            case ActivationKind.ScaledTanh: Elementwise.Apply(new ScaledTanhDerivative(), y, dy, dx, length); break;
            default: throw Unknown(activation);
        }
    }

    private static ArgumentOutOfRangeException Unknown(Activation activation) =>
        new(nameof(activation), activation.Kind, "not an activation function");

    /// <summary><c>max(x, 0)</c>; NaN stays NaN, as in PyTorch.</summary>
    internal readonly struct Relu : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged => S.WhereNegative(x, S.Zero, x);
    }

    private readonly struct ReluDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged => S.WherePositive(y, dy, S.Zero);
    }

    internal readonly struct LeakyRelu(float slope) : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged =>
            S.WhereNegative(x, S.Multiply(S.Broadcast(slope), x), x);
    }

    private readonly struct LeakyReluDerivative(float slope) : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged =>
            S.WherePositive(y, dy, S.Multiply(S.Broadcast(slope), dy));
    }

    internal readonly struct Sigmoid : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged =>
            S.Divide(S.Broadcast(1), S.Add(S.Broadcast(1), Exponential.Of<S, V>(S.Subtract(S.Zero, x))));
    }

    /// <summary><c>∂y · y · (1 − y)</c>.</summary>
    private readonly struct SigmoidDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged =>
            S.Multiply(dy, S.Multiply(y, S.Subtract(S.Broadcast(1), y)));
    }

    private readonly struct Tanh : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged => TanhOf<S, V>(1, 1, x);
    }

    /// <summary><c>∂y · (1 − y²)</c>.</summary>
    private readonly struct TanhDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged =>
            S.Multiply(dy, S.Subtract(S.Broadcast(1), S.Multiply(y, y)));
    }

    private readonly struct Elu(float alpha) : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged
        {
            // To the left of 0 y is never positive: its sign tells the derivative on which side x was.
            return S.WherePositive(x, x, S.Multiply(S.Broadcast(alpha), S.Subtract(Exponential.Of<S, V>(x), S.Broadcast(1))));
        }
    }

    /// <summary>To the left of 0, <c>α·eˣ = y + α</c>.</summary>
    private readonly struct EluDerivative(float alpha) : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged =>
            S.WherePositive(y, dy, S.Multiply(dy, S.Add(y, S.Broadcast(alpha))));
    }

    private const float Amplitude = 1.7159f, Steepness = 2f / 3;

    private readonly struct ScaledTanh : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged => TanhOf<S, V>(Amplitude, Steepness, x);
    }

    /// <summary><c>A·tanh(Bx)</c>, by <c>tanh u = 1 − 2/(1 + e²ᵘ)</c>, which neither overflows nor loses NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V TanhOf<S, V>(float amplitude, float steepness, V x) where S : struct, ISimd<V> where V : unmanaged
    {
        V power = Exponential.Of<S, V>(S.Multiply(S.Broadcast(2 * steepness), x));
        return S.Subtract(S.Broadcast(amplitude), S.Divide(S.Broadcast(2 * amplitude), S.Add(S.Broadcast(1), power)));
    }

    /// <summary><c>∂y · B/A · (A − y)·(A + y)</c>.</summary>
    private readonly struct ScaledTanhDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V y, V dy) where S : struct, ISimd<V> where V : unmanaged
        {
            V amplitude = S.Broadcast(Amplitude), slope = S.Multiply(S.Subtract(amplitude, y), S.Add(amplitude, y));
            return S.Multiply(dy, S.Multiply(S.Broadcast(Steepness / Amplitude), slope));
        }
    }
}
