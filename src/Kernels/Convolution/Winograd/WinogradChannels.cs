using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Tiles with channels along the vector, as the filters' gradient wants them: it sums over tiles, so that both factors must have
/// a tile's channels side by side. Pixels are transposed on the way in; what lies outside the image becomes zero.
/// </summary>
internal static unsafe class WinogradChannels
{
    /// <summary>A part of an image, some channels of it: where it lies and what may be read.</summary>
    /// <param name="Data">The first channel.</param>
    /// <param name="Channels">How many channels, at most those of a vector.</param>
    /// <param name="Height">H.</param>
    /// <param name="Width">W.</param>
    /// <param name="End">Where readable memory ends.</param>
    /// <param name="Ahead">How far from here the next window lies.</param>
    public readonly record struct Planes(nint Data, int Channels, int Height, int Width, nint End, nint Ahead);

    /// <summary>Transposes a window of the image: pixel (i, j) of it, a vector of channels, goes to <c>to[i·pitch + j·L]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather<S, V>(in Planes planes, int top, int left, int rows, int columns, float* to, nint pitch)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint plane = (nint)planes.Height * planes.Width;
        int first = Math.Clamp(-left, 0, columns), end = Math.Clamp(planes.Width - left, first, columns);
        for (int r = 0; r < rows; r++, to += pitch)
        {
            bool isInside = (uint)(top + r) < (uint)planes.Height;
            int begin = isInside ? first : columns, behind = isInside ? end : columns;
            for (int j = 0; j < begin; j++) S.Store(to + (j * S.Lanes), S.Zero);
            float* row = (float*)planes.Data + ((nint)(top + r) * planes.Width) + left;
            for (int j = begin; j < behind; j += S.Lanes)
            {
                float* next = row + j + planes.Ahead;
                for (int c = 0; c < planes.Channels; c++, next += plane) Simd.PrefetchNear(next);
                if (row + j + ((planes.Channels - 1) * plane) + S.Lanes <= (float*)planes.End)
                    Transpose.Run<S, V>(planes.Channels, row + j, plane, to + (j * S.Lanes));
                else
                    for (int x = j; x < behind; x++)
                        for (int c = 0; c < planes.Channels; c++) to[(x * S.Lanes) + c] = row[x + (c * plane)];
            }
            for (int j = behind; j < columns; j++) S.Store(to + (j * S.Lanes), S.Zero);
        }
    }

    /// <summary><c>Bᵀ d B</c> of one tile.</summary>
    /// <param name="from">The tile's inputs, rows <paramref name="pitch"/> floats apart.</param>
    /// <param name="pitch">The distance of two rows.</param>
    /// <param name="half">Working memory of a vector for each product.</param>
    /// <param name="to">Receives a vector for each product, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformInput<F, S, V>(float* from, nint pitch, float* half, float* to, nint stride)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < F.Inputs; r++, from += pitch) F.Input<S, V>(from, S.Lanes, half + (r * F.Inputs * S.Lanes), S.Lanes);
        for (int s = 0; s < F.Inputs; s++, half += S.Lanes, to += stride) F.Input<S, V>(half, F.Inputs * S.Lanes, to, F.Inputs * stride);
    }

    /// <summary><c>A δ Aᵀ</c> of one tile: the same from its outputs' deltas.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformDelta<F, S, V>(float* from, nint pitch, float* half, float* to, nint stride)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < F.Tile; r++, from += pitch) F.Delta<S, V>(from, S.Lanes, half + (r * F.Inputs * S.Lanes), S.Lanes);
        for (int s = 0; s < F.Inputs; s++, half += S.Lanes, to += stride) F.Delta<S, V>(half, F.Inputs * S.Lanes, to, F.Inputs * stride);
    }

    /// <summary><c>∂g += Gᵀ z G</c> of one filter's channels, whose taps lie side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void AddFilterGradient<F, S, V>(float* from, nint stride, int channels, float* gradient)
        where F : struct, IWinogradTile
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        const int taps = 3;
        float* half = stackalloc float[taps * F.Inputs * S.Lanes];
        nint row = F.Inputs * S.Lanes;
        for (int s = 0; s < F.Inputs; s++, from += stride) F.FilterGradient<S, V>(from, F.Inputs * stride, half + (s * S.Lanes), row);
        float* tap = stackalloc float[16 * S.Lanes];
        for (int r = 0; r < taps; r++, half += row) F.FilterGradient<S, V>(half, S.Lanes, tap + (taps * r * S.Lanes), S.Lanes);
        // Transposed, taps lie along the vector: one channel's nine are written over the end of the last one's.
        const int area = taps * taps;
        float* turned = stackalloc float[S.Lanes * S.Lanes];
        float* packed = stackalloc float[(area + 3) * S.Lanes];
        for (int first = 0; first < area; first += S.Lanes)
        {
            int rows = Math.Min(S.Lanes, area - first);
            Transpose.Run<S, V>(rows, tap + (first * S.Lanes), S.Lanes, turned);
            for (int c = 0; c < channels; c++)
                if (S.Lanes > area) S.Store(packed + (c * area), S.Load(turned + (c * S.Lanes)));
                else for (int i = 0; i < rows; i++) packed[(c * area) + first + i] = turned[(c * S.Lanes) + i];
        }
        int at = 0;
        for (; at <= (channels * area) - S.Lanes; at += S.Lanes) S.Store(gradient + at, S.Add(S.Load(gradient + at), S.Load(packed + at)));
        for (; at < channels * area; at++) gradient[at] += packed[at];
    }
}
