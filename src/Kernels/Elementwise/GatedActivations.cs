namespace CnnEngine.Kernels;

/// <summary>
/// Activation functions that let x through a gate of its own size, <c>y = x·g(x)</c>. They have a minimum, so that two x can have one y:
/// their derivatives need x itself.
/// </summary>
public static unsafe class GatedActivations
{
    /// <summary>
    /// Swish or SiLU, <c>y = x·σ(x)</c> with the sigmoid σ (P. Ramachandran, B. Zoph, Q. Le, "Searching for Activation Functions", 2017);
    /// <paramref name="y"/> may be <paramref name="x"/>.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="y"/> is shorter than <paramref name="x"/>.</exception>
    public static void SwishForward(ReadOnlySpan<float> x, Span<float> y) => Apply(new Swish(), x, y);

    /// <summary><c>∂x = ∂y·σ(x)·(1 + x·(1 − σ(x)))</c>; <paramref name="dx"/> may be <paramref name="dy"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="dy"/> or <paramref name="dx"/> is shorter than <paramref name="x"/>.</exception>
    public static void SwishBackward(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx) => Apply(new SwishDerivative(), x, dy, dx);

    /// <summary>
    /// The same with straight lines for the gate, <c>y = x·min(max(x + 3, 0), 6)/6</c> (A. Howard et al., "Searching for MobileNetV3", 2019);
    /// <paramref name="y"/> may be <paramref name="x"/>.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="y"/> is shorter than <paramref name="x"/>.</exception>
    public static void HardSwishForward(ReadOnlySpan<float> x, Span<float> y) => Apply(new HardSwish(), x, y);

    /// <summary>
    /// <c>∂x = 0</c> where x ≤ −3, <c>∂y</c> where x ≥ 3, <c>∂y·(x/3 + ½)</c> between; <paramref name="dx"/> may be <paramref name="dy"/>.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="dy"/> or <paramref name="dx"/> is shorter than <paramref name="x"/>.</exception>
    public static void HardSwishBackward(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx) =>
        Apply(new HardSwishDerivative(), x, dy, dx);

    private static void Apply<TOperator>(TOperator f, ReadOnlySpan<float> x, Span<float> y) where TOperator : unmanaged, IUnaryOperator
    {
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (float* px = x, py = y) Elementwise.Apply(f, px, py, x.Length);
    }

    private static void Apply<TOperator>(TOperator f, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
        where TOperator : unmanaged, IBinaryOperator
    {
        Require.Length(dy.Length, x.Length, nameof(dy));
        Require.Length(dx.Length, x.Length, nameof(dx));
        fixed (float* px = x, pdy = dy, pdx = dx) Elementwise.Apply(f, px, pdy, pdx, x.Length);
    }

    private readonly struct Swish : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged =>
            S.Divide(x, S.Add(S.Broadcast(1), Exponential.Of<S, V>(S.Subtract(S.Zero, x))));
    }

    private readonly struct SwishDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V x, V dy) where S : struct, ISimd<V> where V : unmanaged
        {
            V one = S.Broadcast(1), sigmoid = new Activations.Sigmoid().Invoke<S, V>(x);
            return S.Multiply(dy, S.Multiply(sigmoid, S.MultiplyAdd(x, S.Subtract(one, sigmoid), one)));
        }
    }

    /// <summary>x where x ≥ 3, 0 where x ≤ −3, <c>x·(x + 3)/6</c> between.</summary>
    private readonly struct HardSwish : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged
        {
            V three = S.Broadcast(3), left = S.Add(x, three), curve = S.Multiply(x, S.Multiply(left, S.Broadcast(1f / 6)));
            return S.WhereNegative(left, S.Multiply(x, S.Zero), S.WherePositive(S.Subtract(x, three), x, curve));
        }
    }

    private readonly struct HardSwishDerivative : IBinaryOperator
    {
        public V Invoke<S, V>(V x, V dy) where S : struct, ISimd<V> where V : unmanaged
        {
            V three = S.Broadcast(3), line = S.Multiply(dy, S.MultiplyAdd(x, S.Broadcast(1f / 3), S.Broadcast(0.5f)));
            return S.WherePositive(S.Subtract(three, x), S.WherePositive(S.Add(x, three), line, S.Zero), dy);
        }
    }
}
