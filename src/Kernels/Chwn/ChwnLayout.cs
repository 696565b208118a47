using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The C×H×W×N layout, where N is <see cref="Simd.Lanes"/>: the numbers of one place in as many images as a vector has lanes lie
/// side by side. Every lane is used whatever the channels and the image size, pooling needs no shuffles, and images never mix; the
/// layout pays for small networks, whose rows and channels do not fill vectors (A. Krizhevsky's cuda-convnet, 2012, had it for
/// the same reason).
/// </summary>
public static unsafe class ChwnLayout
{
    /// <summary><c>y[i, n] = x[n, i]</c>; lanes without an image become 0.</summary>
    /// <param name="images">How many images there are, at most <see cref="Simd.Lanes"/>.</param>
    /// <param name="length">Numbers of one image, C·H·W.</param>
    /// <param name="x">images · length numbers, one image after another.</param>
    /// <param name="y">Receives length · lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short, or there are too many images.</exception>
    public static void FromNchw(int images, int length, ReadOnlySpan<float> x, Span<float> y)
    {
        Check(images, length, x.Length, nameof(x), y.Length, nameof(y));
        fixed (float* px = x, py = y)
        {
            FromNchwKernel kernel = new(images, length, px, py);
            Simd.Run(ref kernel);
        }
    }

    /// <summary><c>y[n, i] = x[i, n]</c> for the first images.</summary>
    /// <param name="images">How many images there are, at most <see cref="Simd.Lanes"/>.</param>
    /// <param name="length">Numbers of one image, C·H·W.</param>
    /// <param name="x">length · lanes numbers.</param>
    /// <param name="y">Receives images · length numbers, one image after another.</param>
    /// <exception cref="ArgumentException">A span is too short, or there are too many images.</exception>
    public static void ToNchw(int images, int length, ReadOnlySpan<float> x, Span<float> y)
    {
        Check(images, length, y.Length, nameof(y), x.Length, nameof(x));
        fixed (float* px = x, py = y)
        {
            ToNchwKernel kernel = new(images, length, px, py);
            Simd.Run(ref kernel);
        }
    }

    private static void Check(int images, int length, int nchw, string nameNchw, int chwn, string nameChwn)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(images, Simd.Lanes);
        Require.Length(nchw, (long)images * length, nameNchw);
        Require.Length(chwn, (long)length * Simd.Lanes, nameChwn);
    }

    private readonly struct FromNchwKernel(int images, int length, float* x, float* y) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => FromNchw<S, V>(images, length, x, y);
    }

    private readonly struct ToNchwKernel(int images, int length, float* x, float* y) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => ToNchw<S, V>(images, length, x, y);
    }

    internal static void FromNchw<S, V>(int images, int length, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged =>
        FromNchw<S, V>(images, length, x, length, y);

    /// <summary>The same for rows that are <paramref name="stride"/> floats apart, whatever they are rows of.</summary>
    internal static void FromNchw<S, V>(int images, int length, float* x, nint stride, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        if (length == 2 && stride == 2 && images == S.Lanes)
        {
            (V first, V second) = S.Deinterleave(S.Load(x), S.Load(x + S.Lanes));
            S.Store(y, first);
            S.Store(y + S.Lanes, second);
        }
        else if (length < 4)
            for (int i = 0; i < length; i++)
                for (int n = 0; n < S.Lanes; n++) y[(i * S.Lanes) + n] = n < images ? x[(n * stride) + i] : 0;
        else if (images == S.Lanes) Transpose.FromRows<S, V>(length, x, stride, y);
        else FromFewer<S, V>(images, length, x, stride, y);
    }

    // Through a block of as many rows as there are lanes, those without an image 0.
    [SkipLocalsInit]
    private static void FromFewer<S, V>(int images, int length, float* x, nint stride, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = stackalloc float[S.Lanes * S.Lanes];
        int width = Math.Min(length, S.Lanes);
        new Span<float>(rows + (images * width), (S.Lanes - images) * width).Clear();
        for (int i = 0; i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - width); // the last block begins early instead of ending late
            RowCopy.Fill<S, V>(images, width, x + first, stride, rows, width);
            Transpose.FromRows<S, V>(width, rows, width, y + ((nint)first * S.Lanes));
        }
    }

    internal static void ToNchw<S, V>(int images, int length, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged =>
        ToNchw<S, V>(images, length, x, y, length);

    /// <summary>The same for rows that are <paramref name="stride"/> floats apart, whatever they are rows of.</summary>
    internal static void ToNchw<S, V>(int images, int length, float* x, float* y, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        if (length == 2 && stride == 2 && images == S.Lanes)
        {
            (V first, V second) = S.Interleave(S.Load(x), S.Load(x + S.Lanes));
            S.Store(y, first);
            S.Store(y + S.Lanes, second);
        }
        else if (length < 4)
            for (int n = 0; n < images; n++)
                for (int i = 0; i < length; i++) y[(n * stride) + i] = x[(i * S.Lanes) + n];
        else if (images < S.Lanes) ToFewer<S, V>(images, length, x, y, stride);
        else if (length < S.Lanes || S.Lanes <= 8) Transpose.ToRows<S, V>(length, x, y, stride);
        else
            // A row's cache line is written at once: sixteen of a multiple of 4 KB apart share a set of the first-level cache, which has no
            // room for them, and four columns at a time take four times as long.
            for (int i = 0; i < length; i += S.Lanes)
            {
                int first = Math.Min(i, length - S.Lanes);
                Transpose.Run<S, V>(S.Lanes, x + ((nint)first * S.Lanes), S.Lanes, y + first, stride);
            }
    }

    [SkipLocalsInit]
    private static void ToFewer<S, V>(int images, int length, float* x, float* y, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = stackalloc float[S.Lanes * S.Lanes];
        int width = Math.Min(length, S.Lanes);
        for (int i = 0; i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - width);
            Transpose.ToRows<S, V>(width, x + ((nint)first * S.Lanes), rows, width);
            RowCopy.Fill<S, V>(images, width, rows, width, y + first, stride);
        }
    }
}
