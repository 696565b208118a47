using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The rows of 2×2 windows, side by side without padding, that vectors compute in a run of planes; the rest is left to single numbers.
/// Along the vector: output columns.
/// </summary>
/// <remarks>
/// The last vector of a row overlaps the one before. A row shorter than a vector is read and written beyond its end, because the next row
/// is written after it: this is why the last rows in memory can be left over. Past the caches, where rows are whole lines, nothing is written
/// twice.
/// </remarks>
internal readonly unsafe struct Rows2x2
{
    /// <summary>How far ahead memory is asked for: 8 KB, measured best from 2 to 16 KB.</summary>
    public const int Ahead = 2048;

    /// <param name="shape">The geometry.</param>
    /// <param name="planes">How many planes there are.</param>
    /// <param name="lanes">Of a vector.</param>
    /// <param name="isStreaming">Whether outputs or pixels are written past the caches.</param>
    /// <param name="image">The planes' pixels.</param>
    /// <param name="imageEnd">How far pixels may be read or written.</param>
    /// <param name="output">The planes' outputs.</param>
    /// <param name="outputEnd">How far outputs may be read or written.</param>
    public Rows2x2(in PoolShape shape, int planes, int lanes, bool isStreaming, float* image, float* imageEnd, float* output, float* outputEnd)
    {
        (Count, Height, Outputs, Width) = (planes * shape.OutputHeight, shape.OutputHeight, shape.OutputWidth, shape.W);
        ToNextPlane = shape.H % 2 * Width;
        LastVector = isStreaming ? (Outputs - 1) / lanes * lanes : Math.Max(Outputs - lanes, 0);
        int reach = LastVector + lanes;
        while (reach > Outputs && Count > 0)
        {
            int row = Count - 1;
            float* low = image + Pixel(row) + Width;
            if (low + (2 * reach) <= imageEnd && output + ((long)row * Outputs) + reach <= outputEnd) break;
            Count--;
        }
    }

    /// <summary>How many rows have vectors, those of one plane behind those of the one before.</summary>
    public int Count { get; }

    /// <summary>Rows of windows in a plane.</summary>
    public int Height { get; }

    /// <summary>Windows in a row.</summary>
    public int Outputs { get; }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Pixels between the last row of windows of a plane and the first of the next.</summary>
    public int ToNextPlane { get; }

    /// <summary>Where the last vector of a row begins.</summary>
    public int LastVector { get; }

    public static bool Fits(in PoolShape shape) => shape.Window == 2 && shape.Stride == 2 && shape.IsPlain;

    /// <summary>Where a row of windows begins in the planes' pixels.</summary>
    public long Pixel(int row) => (2L * row * Width) + ((long)(row / Height) * ToNextPlane);

    /// <summary>Sets the last row and column to zero, where no window holds them.</summary>
    public static void ClearRest(in PoolShape shape, int planes, float* dx)
    {
        if (shape.H % 2 == 0 && shape.W % 2 == 0) return;
        for (int plane = 0; plane < planes; plane++, dx += shape.InputPlane)
        {
            if (shape.W % 2 != 0)
                for (int h = 0; h < shape.H; h++) dx[((h + 1) * shape.W) - 1] = 0;
            if (shape.H % 2 != 0) new Span<float>(dx + ((shape.H - 1) * shape.W), shape.W).Clear();
        }
    }

    /// <summary>
    /// Asks for the pixels that a vector's windows will have so many rows on. Machines foresee two alternating rows badly: on images that come
    /// from memory this takes 0.4 (128×128) to 0.85 (112×112) of the time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(float* top, float* low) where S : struct, ISimd<V> where V : unmanaged
    {
        Simd.PrefetchNear(top + Ahead);
        Simd.PrefetchNear(top + Ahead + S.Lanes);
        Simd.PrefetchNear(low + Ahead);
        Simd.PrefetchNear(low + Ahead + S.Lanes);
    }

    /// <summary>Stores one row of the pixels of a vector's windows, of which the row still has <paramref name="left"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S, V, TStore>(float* to, V even, V odd, int left) where S : struct, ISimd<V> where V : unmanaged where TStore : struct, IStore
    {
        (V low, V high) = S.Interleave(even, odd);
        TStore.Store<S, V>(to, low);
        if (!TStore.IsStreaming || 2 * left > S.Lanes) TStore.Store<S, V>(to + S.Lanes, high);
    }
}
