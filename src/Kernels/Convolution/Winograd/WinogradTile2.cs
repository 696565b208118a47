using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// F(2×2, 3×3), by interpolation at 0, ±1 and ∞: 16 multiplications for 36.
/// </summary>
/// <remarks>
/// Its transforms are sums, differences and halves, on which small whole numbers stay exact. Relative errors in the L2 norm are 0.1 to
/// 0.5 · 10⁻⁶, measured on layers of 16 to 512 channels: a sixth of F(4×4)'s, and forward half of the direct sums', which are longer.
/// </remarks>
internal readonly unsafe struct WinogradTile2 : IWinogradTile
{
    public static int Tile => 2;

    public static int Inputs => 4;

    public static int Products => 16;

    public static bool IsExact => true;

    public static double ErrorBound => 2e-6;

    public static (double OfInput, double OfOutput, double OfFilter) Costs(ConvPass pass) =>
        pass == ConvPass.BackwardFilter ? (270, 430, 460) : (230, 170, 450);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged =>
        Input<S, V>(S.Load(from), S.Load(from + step), S.Load(from + (2 * step)), S.Load(from + (3 * step)), to, toStep);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InputOfRow<S, V>(float* first, float* later, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        (V d0, V d1) = S.Deinterleave(S.Load(first), S.Load(first + S.Lanes));
        (V d2, V d3) = S.Deinterleave(S.Load(later), S.Load(later + S.Lanes));
        Input<S, V>(d0, d1, d2, d3, to, S.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Input<S, V>(V d0, V d1, V d2, V d3, float* to, nint step) where S : struct, ISimd<V> where V : unmanaged
    {
        S.Store(to, S.Subtract(d0, d2));
        S.Store(to + step, S.Add(d1, d2));
        S.Store(to + (2 * step), S.Subtract(d2, d1));
        S.Store(to + (3 * step), S.Subtract(d3, d1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged
    {
        (V y0, V y1) = Output<S, V>(from, step);
        S.Store(to, y0);
        S.Store(to + toStep, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputOfRow<S, V>(float* from, V bias, V least, V slope, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        (V y0, V y1) = Output<S, V>(from, S.Lanes);
        (V x0, V x1) = S.Interleave(WinogradOutput.Finish<S, V>(y0, bias, least, slope), WinogradOutput.Finish<S, V>(y1, bias, least, slope));
        S.Store(to, x0);
        S.Store(to + S.Lanes, x1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Y0, V Y1) Output<S, V>(float* from, nint step) where S : struct, ISimd<V> where V : unmanaged
    {
        V m1 = S.Load(from + step), m2 = S.Load(from + (2 * step));
        return (S.Add(S.Load(from), S.Add(m1, m2)), S.Add(S.Subtract(m1, m2), S.Load(from + (3 * step))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Filter<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged
    {
        V g0 = S.Load(from), g2 = S.Load(from + (2 * step)), half = S.Broadcast(0.5f);
        V even = S.Multiply(half, S.Add(g0, g2)), odd = S.Multiply(half, S.Load(from + step));
        S.Store(to, g0);
        S.Store(to + toStep, S.Add(even, odd));
        S.Store(to + (2 * toStep), S.Subtract(even, odd));
        S.Store(to + (3 * toStep), g2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Delta<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged
    {
        V d0 = S.Load(from), d1 = S.Load(from + step);
        S.Store(to, d0);
        S.Store(to + toStep, S.Add(d0, d1));
        S.Store(to + (2 * toStep), S.Subtract(d0, d1));
        S.Store(to + (3 * toStep), d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FilterGradient<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged
    {
        V z1 = S.Load(from + step), z2 = S.Load(from + (2 * step)), half = S.Broadcast(0.5f);
        V sum = S.Multiply(half, S.Add(z1, z2));
        S.Store(to, S.Add(S.Load(from), sum));
        S.Store(to + toStep, S.Multiply(half, S.Subtract(z1, z2)));
        S.Store(to + (2 * toStep), S.Add(sum, S.Load(from + (3 * step))));
    }
}
