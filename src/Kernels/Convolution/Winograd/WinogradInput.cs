using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <c>Bᵀ d B</c> of a row of tiles, one tile a lane.
/// </summary>
internal static unsafe class WinogradInput
{
    /// <summary>Transforms as many tiles as a vector has lanes.</summary>
    /// <param name="rows">The first tile's pixels, as <see cref="WinogradPixels{F}"/> lays them out.</param>
    /// <param name="pitch">The distance of two rows.</param>
    /// <param name="half">Working memory of a vector for each product.</param>
    /// <param name="to">Receives one vector for each product, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform<F, S, V>(float* rows, nint pitch, float* half, float* to, nint stride)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < F.Inputs; r++, rows += pitch) F.InputOfRow<S, V>(rows, rows + (F.Inputs * pitch), half + (r * F.Inputs * S.Lanes));
        for (int s = 0; s < F.Inputs; s++, half += S.Lanes, to += stride) F.Input<S, V>(half, F.Inputs * S.Lanes, to, F.Inputs * stride);
    }
}
