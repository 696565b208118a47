using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// A factor and a bias for each channel, the same for all images, <c>y[n,c,i] = a[c]·x[n,c,i] + b[c]</c>. Along the vector: pixels. In the layout of
/// <see cref="ChwnLayout"/> all images are one, with lanes times as many pixels.
/// </summary>
public static unsafe class ChannelAffine
{
    /// <summary>Computes y, which may be x.</summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">Whole images, N·C·H·W numbers.</param>
    /// <param name="weight">a, C numbers.</param>
    /// <param name="bias">b, C numbers.</param>
    /// <param name="y">Receives as many numbers as x has.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Forward(int channels, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, Span<float> y)
    {
        Require.Length(weight.Length, channels, nameof(weight));
        Require.Length(bias.Length, channels, nameof(bias));
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (float* px = x, pa = weight, pb = bias, py = y)
            Threads.ForVectors(x.Length / pixels, new ForwardPlanes(channels, pixels, px, pa, pb, py));
    }

    /// <summary><c>∂x[n,c,i] = a[c]·δ[n,c,i]</c>, <c>∂a[c] += Σ δ·x</c> and <c>∂b[c] += Σ δ</c> over the channel's pixels in all images.</summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">Whole images, N·C·H·W numbers.</param>
    /// <param name="weight">a, C numbers.</param>
    /// <param name="dy">δ, as many numbers as x has.</param>
    /// <param name="dx">Receives as many numbers; may be x.</param>
    /// <param name="dweight">What ∂a is added to.</param>
    /// <param name="dbias">What ∂b is added to.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Backward(
        int channels, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dweight, Span<float> dbias)
    {
        Require.Length(weight.Length, channels, nameof(weight));
        Require.Length(dy.Length, x.Length, nameof(dy));
        Require.Length(dx.Length, x.Length, nameof(dx));
        Require.Length(dweight.Length, channels, nameof(dweight));
        Require.Length(dbias.Length, channels, nameof(dbias));
        int planes = x.Length / pixels;
        // Each plane's own sums, added up in their order.
        using Scratch.Lease lease = Scratch.Take(2L * planes);
        float* sums = lease.Data;
        fixed (float* px = x, pa = weight, pdy = dy, pdx = dx)
            Threads.ForVectors(planes, new BackwardPlanes(channels, pixels, px, pa, pdy, pdx, sums));
        for (int plane = 0; plane < planes; plane++)
        {
            dweight[plane % channels] += sums[2 * plane];
            dbias[plane % channels] += sums[(2 * plane) + 1];
        }
    }

    private readonly struct ForwardPlanes(int channels, int pixels, float* x, float* weight, float* bias, float* y) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int plane) where S : struct, ISimd<V> where V : unmanaged
        {
            float factor = weight[plane % channels], addend = bias[plane % channels];
            float* from = x + ((nint)plane * pixels), to = y + ((nint)plane * pixels);
            V factors = S.Broadcast(factor), addends = S.Broadcast(addend);
            int i = 0;
            for (; i <= pixels - S.Lanes; i += S.Lanes) S.Store(to + i, S.MultiplyAdd(factors, S.Load(from + i), addends));
            for (; i < pixels; i++) to[i] = (factor * from[i]) + addend;
        }
    }

    private readonly struct BackwardPlanes(int channels, int pixels, float* x, float* weight, float* dy, float* dx, float* sums) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int plane) where S : struct, ISimd<V> where V : unmanaged
        {
            float factor = weight[plane % channels];
            nint first = (nint)plane * pixels;
            float* from = x + first, delta = dy + first, to = dx + first;
            V factors = S.Broadcast(factor), products = S.Zero, deltas = S.Zero;
            int i = 0;
            for (; i <= pixels - S.Lanes; i += S.Lanes)
            {
                V d = S.Load(delta + i);
                products = S.MultiplyAdd(d, S.Load(from + i), products);
                deltas = S.Add(deltas, d);
                S.Store(to + i, S.Multiply(factors, d));
            }
            (float product, float sum) = (0, 0);
            for (; i < pixels; i++)
            {
                product += delta[i] * from[i];
                sum += delta[i];
                to[i] = factor * delta[i];
            }
            sums[2 * plane] = product + S.Sum(products);
            sums[(2 * plane) + 1] = sum + S.Sum(deltas);
        }
    }
}
