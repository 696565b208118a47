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
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    internal static void FromNchw<S, V>(int images, int length, float* x, nint stride, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = stackalloc float[S.Lanes * S.Lanes];
        if (length < S.Lanes)
        {
            if (images < S.Lanes || stride != length)
            {
                RowCopy.Fill<S, V>(images, length, x, stride, rows, length);
                new Span<float>(rows + (images * length), (S.Lanes - images) * length).Clear();
                x = rows;
            }
            Transpose.FromShortRows<S, V>(length, x, y);
            return;
        }
        for (int i = 0; i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - S.Lanes); // the last block begins early instead of ending late
            if (images == S.Lanes)
            {
                Transpose.Run<S, V>(S.Lanes, x + first, stride, y + ((nint)first * S.Lanes));
                continue;
            }
            for (int n = 0; n < S.Lanes; n++) S.Store(rows + (n * S.Lanes), n < images ? S.Load(x + (n * stride) + first) : S.Zero);
            Transpose.Run<S, V>(S.Lanes, rows, S.Lanes, y + ((nint)first * S.Lanes));
        }
    }

    internal static void ToNchw<S, V>(int images, int length, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged =>
        ToNchw<S, V>(images, length, x, y, length);

    /// <summary>The same for rows that are <paramref name="stride"/> floats apart, whatever they are rows of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    internal static void ToNchw<S, V>(int images, int length, float* x, float* y, nint stride) where S : struct, ISimd<V> where V : unmanaged
    {
        float* rows = stackalloc float[S.Lanes * S.Lanes];
        if (length < S.Lanes)
        {
            bool isWhole = images == S.Lanes && stride == length;
            Transpose.ToShortRows<S, V>(length, x, isWhole ? y : rows);
            if (!isWhole) RowCopy.Fill<S, V>(images, length, rows, length, y, stride);
            return;
        }
        for (int i = 0; i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - S.Lanes);
            float* from = x + ((nint)first * S.Lanes);
            if (images == S.Lanes)
            {
                Transpose.Run<S, V>(S.Lanes, from, S.Lanes, y + first, stride);
                continue;
            }
            Transpose.Run<S, V>(S.Lanes, from, S.Lanes, rows);
            for (int n = 0; n < images; n++) S.Store(y + (n * stride) + first, S.Load(rows + (n * S.Lanes)));
        }
    }
}
