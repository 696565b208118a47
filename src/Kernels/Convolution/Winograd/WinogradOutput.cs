using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary><c>σ(Aᵀ m A + b)</c> of a row of tiles, one tile a lane, written to where the tiles lie in the output.</summary>
internal static unsafe class WinogradOutput
{
    /// <summary>Transforms as many tiles as a vector has lanes.</summary>
    /// <param name="from">One vector of each product, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two products.</param>
    /// <param name="half">Working memory of a vector for each product.</param>
    /// <param name="bias">b.</param>
    /// <param name="activation">σ; applied if piecewise linear.</param>
    /// <param name="rows">Receives the rows of the tiles, <paramref name="pitch"/> floats apart, the tiles side by side.</param>
    /// <param name="pitch">The distance of two rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform<F, S, V>(float* from, nint stride, float* half, float bias, Activation activation, float* rows, nint pitch)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint row = F.Inputs * S.Lanes;
        for (int s = 0; s < F.Inputs; s++, from += stride) F.Output<S, V>(from, F.Inputs * stride, half + (s * S.Lanes), row);
        // Below zero σ(y) = slope · y, but for ReLU 0, because 0 · −∞ is not.
        V least = S.Broadcast(activation.Kind == ActivationKind.Relu ? 0 : float.NegativeInfinity);
        V slope = S.Broadcast(activation.Kind == ActivationKind.LeakyRelu ? activation.Slope : 1), biases = S.Broadcast(bias);
        for (int r = 0; r < F.Tile; r++, half += row, rows += pitch) F.OutputOfRow<S, V>(half, biases, least, slope, rows);
    }

    /// <summary><c>σ(y + b)</c>; below zero, σ is <c>slope · max(y, least)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Finish<S, V>(V y, V bias, V least, V slope) where S : struct, ISimd<V> where V : unmanaged
    {
        y = S.Add(y, bias);
        return S.WhereNegative(y, S.Multiply(slope, S.Max(y, least)), y);
    }

    /// <summary>Copies a run of tiles to its place in one channel of the output; what reaches over the edge is left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter<F, S, V>(in WinogradTiles tiles, in WinogradTiles.Run run, float* rows, nint pitch, Activation activation, float* plane)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int first = run.Row * F.Tile, column = run.Column * F.Tile;
        int count = Math.Min(F.Tile, tiles.OutputHeight - first), width = Math.Min(run.Length * F.Tile, tiles.OutputWidth - column);
        float* to = plane + ((nint)first * tiles.OutputWidth) + column;
        for (int r = 0; r < count; r++, rows += pitch, to += tiles.OutputWidth)
        {
            Copy<S, V>(rows, to, width);
            if (!activation.IsLinearByParts) Activations.Forward(activation, to, to, width);
        }
    }

    // Writes not one float more: what lies behind may be another thread's. The last vector overlaps the one before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<S, V>(float* from, float* to, nint count) where S : struct, ISimd<V> where V : unmanaged
    {
        if (count >= S.Lanes)
        {
            for (nint j = 0; j < count - S.Lanes; j += S.Lanes) S.Store(to + j, S.Load(from + j));
            S.Store(to + count - S.Lanes, S.Load(from + count - S.Lanes));
        }
        else if (count >= 8)
        {
            Vector256.Store(Vector256.Load(from), to);
            Vector256.Store(Vector256.Load(from + count - 8), to + count - 8);
        }
        else if (count >= 4)
        {
            Vector128.Store(Vector128.Load(from), to);
            Vector128.Store(Vector128.Load(from + count - 4), to + count - 4);
        }
        else
        {
            for (nint j = 0; j < count; j++) to[j] = from[j];
        }
    }
}
