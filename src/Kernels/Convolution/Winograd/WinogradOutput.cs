using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary><c>σ(Aᵀ m A + b)</c> of a row of tiles, one tile a lane, written to where the tiles lie in the output.</summary>
internal static unsafe class WinogradOutput
{
    private const int Tile = WinogradTransforms.Tile, Inputs = WinogradTransforms.Inputs;

    /// <summary>Transforms as many tiles as a vector has lanes.</summary>
    /// <param name="from">One vector of each of the 36 products, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two products.</param>
    /// <param name="half">Working memory of 24 vectors.</param>
    /// <param name="bias">b.</param>
    /// <param name="activation">σ; applied if piecewise linear.</param>
    /// <param name="rows">Receives four rows, <paramref name="pitch"/> floats apart, the tiles side by side.</param>
    /// <param name="pitch">The distance of two rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform<S, V>(float* from, nint stride, float* half, float bias, Activation activation, float* rows, nint pitch)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint row = Inputs * S.Lanes;
        for (int s = 0; s < Inputs; s++, from += stride)
        {
            (V y0, V y1, V y2, V y3) = WinogradTransforms.Output<S, V>(
                S.Load(from), S.Load(from + (6 * stride)), S.Load(from + (12 * stride)),
                S.Load(from + (18 * stride)), S.Load(from + (24 * stride)), S.Load(from + (30 * stride)));
            float* to = half + (s * S.Lanes);
            S.Store(to, y0);
            S.Store(to + row, y1);
            S.Store(to + (2 * row), y2);
            S.Store(to + (3 * row), y3);
        }
        // Below zero y = slope · x, but for ReLU 0, because 0 · −∞ is not.
        bool isRelu = activation.Kind == ActivationKind.Relu;
        V slope = S.Broadcast(activation.Kind == ActivationKind.LeakyRelu ? activation.Slope : 1), biases = S.Broadcast(bias);
        for (int r = 0; r < Tile; r++, half += row, rows += pitch)
        {
            (V y0, V y1, V y2, V y3) = WinogradTransforms.Output<S, V>(
                S.Load(half), S.Load(half + S.Lanes), S.Load(half + (2 * S.Lanes)),
                S.Load(half + (3 * S.Lanes)), S.Load(half + (4 * S.Lanes)), S.Load(half + (5 * S.Lanes)));
            y0 = S.Add(y0, biases);
            y1 = S.Add(y1, biases);
            y2 = S.Add(y2, biases);
            y3 = S.Add(y3, biases);
            y0 = S.WhereNegative(y0, isRelu ? S.Zero : S.Multiply(slope, y0), y0);
            y1 = S.WhereNegative(y1, isRelu ? S.Zero : S.Multiply(slope, y1), y1);
            y2 = S.WhereNegative(y2, isRelu ? S.Zero : S.Multiply(slope, y2), y2);
            y3 = S.WhereNegative(y3, isRelu ? S.Zero : S.Multiply(slope, y3), y3);
            (V even0, V even1) = S.Interleave(y0, y2);
            (V odd0, V odd1) = S.Interleave(y1, y3);
            (V x0, V x1) = S.Interleave(even0, odd0);
            (V x2, V x3) = S.Interleave(even1, odd1);
            S.Store(rows, x0);
            S.Store(rows + S.Lanes, x1);
            S.Store(rows + (2 * S.Lanes), x2);
            S.Store(rows + (3 * S.Lanes), x3);
        }
    }

    /// <summary>Copies a run of tiles to its place in one channel of the output; what reaches over the edge is left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter<S, V>(in WinogradTiles tiles, in WinogradTiles.Run run, float* rows, nint pitch, Activation activation, float* plane)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int first = run.Row * Tile, column = run.Column * Tile;
        int count = Math.Min(Tile, tiles.OutputHeight - first), width = Math.Min(run.Length * Tile, tiles.OutputWidth - column);
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
