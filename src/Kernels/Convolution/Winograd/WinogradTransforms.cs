using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The one-dimensional transforms of Winograd's minimal filtering F(4, 3): four outputs of a three-tap filter from six inputs with
/// six multiplications, <c>y = Aᵀ[(G g) ⊙ (Bᵀ d)]</c>, by interpolation at 0, ±1, ±2 and ∞ (A. Lavin and S. Gray, "Fast Algorithms
/// for Convolutional Neural Networks", 2016). Applied to rows, then to columns, they make F(4×4, 3×3): 36 multiplications for 144.
/// </summary>
/// <remarks>Each computes one transform in every lane; results are stored <c>stride</c> floats apart.</remarks>
internal static unsafe class WinogradTransforms
{
    /// <summary>Outputs of one tile along one axis.</summary>
    public const int Tile = 4;

    /// <summary>Inputs of one tile along one axis, and its multiplications.</summary>
    public const int Inputs = 6;

    /// <summary>The multiplications of a tile: as many independent matrix products make up a convolution.</summary>
    public const int Products = Inputs * Inputs;

    /// <summary><c>Bᵀ d</c>, from six inputs to six.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<S, V>(V d0, V d1, V d2, V d3, V d4, V d5, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        V two = S.Broadcast(2), four = S.Broadcast(4), minusFour = S.Broadcast(-4), minusFive = S.Broadcast(-5);
        V even = S.MultiplyAdd(minusFour, d2, d4), odd = S.MultiplyAdd(minusFour, d1, d3);
        V even2 = S.Subtract(d4, d2), odd2 = S.Multiply(two, S.Subtract(d3, d1));
        S.Store(to, S.MultiplyAdd(four, d0, S.MultiplyAdd(minusFive, d2, d4)));
        S.Store(to + stride, S.Add(even, odd));
        S.Store(to + (2 * stride), S.Subtract(even, odd));
        S.Store(to + (3 * stride), S.Add(even2, odd2));
        S.Store(to + (4 * stride), S.Subtract(even2, odd2));
        S.Store(to + (5 * stride), S.MultiplyAdd(four, d1, S.MultiplyAdd(minusFive, d3, d5)));
    }

    /// <summary><c>Aᵀ m</c>, from six products to four outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Y0, V Y1, V Y2, V Y3) Output<S, V>(V m0, V m1, V m2, V m3, V m4, V m5) where S : struct, ISimd<V> where V : unmanaged
    {
        V sum = S.Add(m1, m2), difference = S.Subtract(m1, m2), sum2 = S.Add(m3, m4), difference2 = S.Subtract(m3, m4);
        return (
            S.Add(S.Add(m0, sum), sum2),
            S.MultiplyAdd(S.Broadcast(2), difference2, difference),
            S.MultiplyAdd(S.Broadcast(4), sum2, sum),
            S.MultiplyAdd(S.Broadcast(8), difference2, S.Add(difference, m5)));
    }

    /// <summary><c>G g</c>, from three taps to six.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Filter<S, V>(V g0, V g1, V g2, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        V minusSixth = S.Broadcast(-1f / 6);
        V even = S.Multiply(minusSixth, S.Add(g0, g2)), odd = S.Multiply(minusSixth, g1);
        V even2 = S.MultiplyAdd(S.Broadcast(1f / 24), g0, S.Multiply(S.Broadcast(1f / 6), g2)), odd2 = S.Multiply(S.Broadcast(1f / 12), g1);
        S.Store(to, S.Multiply(S.Broadcast(0.25f), g0));
        S.Store(to + stride, S.Add(even, odd));
        S.Store(to + (2 * stride), S.Subtract(even, odd));
        S.Store(to + (3 * stride), S.Add(even2, odd2));
        S.Store(to + (4 * stride), S.Subtract(even2, odd2));
        S.Store(to + (5 * stride), g2);
    }

    /// <summary><c>A δ</c>, the transpose of <see cref="Output"/>: from four outputs' deltas to six.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Delta<S, V>(V d0, V d1, V d2, V d3, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        V four = S.Broadcast(4);
        V even = S.Add(d0, d2), odd = S.Add(d1, d3);
        V even2 = S.MultiplyAdd(four, d2, d0), odd2 = S.Multiply(S.Broadcast(2), S.MultiplyAdd(four, d3, d1));
        S.Store(to, d0);
        S.Store(to + stride, S.Add(even, odd));
        S.Store(to + (2 * stride), S.Subtract(even, odd));
        S.Store(to + (3 * stride), S.Add(even2, odd2));
        S.Store(to + (4 * stride), S.Subtract(even2, odd2));
        S.Store(to + (5 * stride), d3);
    }

    /// <summary><c>Gᵀ z</c>, the transpose of <see cref="Filter"/>: from six products to three taps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V G0, V G1, V G2) FilterGradient<S, V>(V z0, V z1, V z2, V z3, V z4, V z5) where S : struct, ISimd<V> where V : unmanaged
    {
        V sixth = S.Broadcast(1f / 6);
        V sum = S.Multiply(sixth, S.Add(z1, z2)), difference = S.Subtract(z2, z1), sum2 = S.Add(z3, z4), difference2 = S.Subtract(z3, z4);
        return (
            S.Subtract(S.MultiplyAdd(S.Broadcast(0.25f), z0, S.Multiply(S.Broadcast(1f / 24), sum2)), sum),
            S.MultiplyAdd(sixth, difference, S.Multiply(S.Broadcast(1f / 12), difference2)),
            S.Add(z5, S.Subtract(S.Multiply(sixth, sum2), sum)));
    }
}
