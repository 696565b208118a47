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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void FromNchw<S, V>(int images, int length, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        V* block = stackalloc V[2 * S.Lanes];
        int i = 0;
        for (; length >= S.Lanes && i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - S.Lanes); // the last block begins early instead of ending late
            for (int n = 0; n < S.Lanes; n++) block[n] = n < images ? S.Load(x + ((nint)n * length) + first) : S.Zero;
            V* columns = Transpose<S, V>(block);
            for (int n = 0; n < S.Lanes; n++) S.Store(y + ((nint)(first + n) * S.Lanes), columns[n]);
        }
        for (; i < length; i++)
            for (int n = 0; n < S.Lanes; n++) y[((nint)i * S.Lanes) + n] = n < images ? x[((nint)n * length) + i] : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void ToNchw<S, V>(int images, int length, float* x, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        V* block = stackalloc V[2 * S.Lanes];
        int i = 0;
        for (; length >= S.Lanes && i < length; i += S.Lanes)
        {
            int first = Math.Min(i, length - S.Lanes);
            for (int n = 0; n < S.Lanes; n++) block[n] = S.Load(x + ((nint)(first + n) * S.Lanes));
            V* rows = Transpose<S, V>(block);
            for (int n = 0; n < images; n++) S.Store(y + ((nint)n * length) + first, rows[n]);
        }
        for (; i < length; i++)
            for (int n = 0; n < images; n++) y[((nint)n * length) + i] = x[((nint)i * S.Lanes) + n];
    }

    /// <summary>
    /// Transposes a square of as many vectors as a vector has lanes by perfect shuffles: each round interleaves the upper half of
    /// the rows with the lower half. Returns where the result is, in one of the block's two halves.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V* Transpose<S, V>(V* block) where S : struct, ISimd<V> where V : unmanaged
    {
        int half = S.Lanes / 2;
        V* from = block, to = block + S.Lanes;
        for (int round = 1; round < S.Lanes; round *= 2)
        {
            for (int i = 0; i < half; i++) (to[2 * i], to[(2 * i) + 1]) = S.Interleave(from[i], from[i + half]);
            V* done = to;
            to = from;
            from = done;
        }
        return from;
    }
}
