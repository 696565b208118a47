using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <c>Bᵀ d B</c> of a row of tiles, one tile a lane.
/// </summary>
internal static unsafe class WinogradInput
{
    private const int Inputs = WinogradTransforms.Inputs;

    /// <summary>Transforms as many tiles as a vector has lanes.</summary>
    /// <param name="rows">The first tile's pixels, as <see cref="WinogradPixels"/> lays them out.</param>
    /// <param name="pitch">The distance of two rows.</param>
    /// <param name="half">Working memory of 36 vectors.</param>
    /// <param name="to">Receives one vector for each of the 36 products, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform<S, V>(float* rows, nint pitch, float* half, float* to, nint stride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < Inputs; r++, rows += pitch)
        {
            (V even0, V odd0) = S.Deinterleave(S.Load(rows), S.Load(rows + S.Lanes));
            (V even1, V odd1) = S.Deinterleave(S.Load(rows + (2 * S.Lanes)), S.Load(rows + (3 * S.Lanes)));
            (V d0, V d2) = S.Deinterleave(even0, even1);
            (V d1, V d3) = S.Deinterleave(odd0, odd1);
            float* later = rows + (Inputs * pitch);
            (even0, odd0) = S.Deinterleave(S.Load(later), S.Load(later + S.Lanes));
            (even1, odd1) = S.Deinterleave(S.Load(later + (2 * S.Lanes)), S.Load(later + (3 * S.Lanes)));
            (V d4, _) = S.Deinterleave(even0, even1);
            (V d5, _) = S.Deinterleave(odd0, odd1);
            WinogradTransforms.Input<S, V>(d0, d1, d2, d3, d4, d5, half + (r * Inputs * S.Lanes), S.Lanes);
        }
        nint row = Inputs * S.Lanes;
        for (int s = 0; s < Inputs; s++, half += S.Lanes, to += stride)
            WinogradTransforms.Input<S, V>(
                S.Load(half), S.Load(half + row), S.Load(half + (2 * row)), S.Load(half + (3 * row)), S.Load(half + (4 * row)), S.Load(half + (5 * row)),
                to, Inputs * stride);
    }
}
