using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CnnEngine.Kernels;

/// <summary>
/// Tiles with channels along the vector, as the filters' gradient wants them: it sums over tiles, so that both factors must have
/// a tile's channels side by side. Pixels are transposed on the way in; what lies outside the image becomes zero.
/// </summary>
internal static unsafe class WinogradChannels
{
    private const int Tile = WinogradTransforms.Tile, Inputs = WinogradTransforms.Inputs;

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
                if (Sse.IsSupported)
                {
                    float* next = row + j + planes.Ahead;
                    for (int c = 0; c < planes.Channels; c++, next += plane) Sse.Prefetch0(next);
                }
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
    /// <param name="from">6×6 vectors, rows <paramref name="pitch"/> floats apart.</param>
    /// <param name="pitch">The distance of two rows.</param>
    /// <param name="half">Working memory of 36 vectors.</param>
    /// <param name="to">Receives 36 vectors, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">The distance of two results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformInput<S, V>(float* from, nint pitch, float* half, float* to, nint stride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < Inputs; r++, from += pitch)
            WinogradTransforms.Input<S, V>(
                S.Load(from), S.Load(from + S.Lanes), S.Load(from + (2 * S.Lanes)), S.Load(from + (3 * S.Lanes)), S.Load(from + (4 * S.Lanes)), S.Load(from + (5 * S.Lanes)),
                half + (r * Inputs * S.Lanes), S.Lanes);
        nint row = Inputs * S.Lanes;
        for (int s = 0; s < Inputs; s++, half += S.Lanes, to += stride)
            WinogradTransforms.Input<S, V>(
                S.Load(half), S.Load(half + row), S.Load(half + (2 * row)), S.Load(half + (3 * row)), S.Load(half + (4 * row)), S.Load(half + (5 * row)),
                to, Inputs * stride);
    }

    /// <summary><c>A δ Aᵀ</c> of one tile: the same from 4×4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformDelta<S, V>(float* from, nint pitch, float* half, float* to, nint stride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int r = 0; r < Tile; r++, from += pitch)
            WinogradTransforms.Delta<S, V>(
                S.Load(from), S.Load(from + S.Lanes), S.Load(from + (2 * S.Lanes)), S.Load(from + (3 * S.Lanes)), half + (r * Inputs * S.Lanes), S.Lanes);
        nint row = Inputs * S.Lanes;
        for (int s = 0; s < Inputs; s++, half += S.Lanes, to += stride)
            WinogradTransforms.Delta<S, V>(S.Load(half), S.Load(half + row), S.Load(half + (2 * row)), S.Load(half + (3 * row)), to, Inputs * stride);
    }

    /// <summary><c>∂g += Gᵀ z G</c> of one filter's channels, whose taps lie side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void AddFilterGradient<S, V>(float* from, nint stride, int channels, float* gradient) where S : struct, ISimd<V> where V : unmanaged
    {
        const int taps = 3;
        float* half = stackalloc float[taps * Inputs * S.Lanes];
        nint row = Inputs * S.Lanes;
        for (int s = 0; s < Inputs; s++, from += stride)
        {
            (V z0, V z1, V z2) = WinogradTransforms.FilterGradient<S, V>(
                S.Load(from), S.Load(from + (6 * stride)), S.Load(from + (12 * stride)),
                S.Load(from + (18 * stride)), S.Load(from + (24 * stride)), S.Load(from + (30 * stride)));
            S.Store(half + (s * S.Lanes), z0);
            S.Store(half + (s * S.Lanes) + row, z1);
            S.Store(half + (s * S.Lanes) + (2 * row), z2);
        }
        float* tap = stackalloc float[16 * S.Lanes];
        for (int r = 0; r < taps; r++, half += row)
        {
            (V g0, V g1, V g2) = WinogradTransforms.FilterGradient<S, V>(
                S.Load(half), S.Load(half + S.Lanes), S.Load(half + (2 * S.Lanes)),
                S.Load(half + (3 * S.Lanes)), S.Load(half + (4 * S.Lanes)), S.Load(half + (5 * S.Lanes)));
            S.Store(tap + (3 * r * S.Lanes), g0);
            S.Store(tap + (((3 * r) + 1) * S.Lanes), g1);
            S.Store(tap + (((3 * r) + 2) * S.Lanes), g2);
        }
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
