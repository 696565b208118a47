using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <see cref="ChannelScaling"/> of as many images as a vector has lanes, in the layout of <see cref="ChwnLayout"/>. Runs on the calling
/// thread: threads share out images.
/// </summary>
public static unsafe class ChwnChannelScaling
{
    /// <summary><c>y[c,i] = s[c]·x[c,i]</c>, image by image.</summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="scales">s, C·lanes numbers.</param>
    /// <param name="y">Receives C·H·W·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Forward(int channels, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<float> y)
    {
        long length = (long)channels * pixels * Simd.Lanes;
        Require.Length(x.Length, length, nameof(x));
        Require.Length(scales.Length, (long)channels * Simd.Lanes, nameof(scales));
        Require.Length(y.Length, length, nameof(y));
        fixed (float* px = x, ps = scales, py = y)
        {
            Channels call = new(channels, pixels, ps) { From = px, To = py };
            Simd.Run(ref call);
        }
    }

    /// <summary><c>∂x[c,i] = s[c]·δ[c,i]</c> and <c>∂s[c] = Σ_i δ[c,i]·x[c,i]</c>, image by image.</summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="scales">s, C·lanes numbers.</param>
    /// <param name="dy">δ, C·H·W·lanes numbers.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers; empty if nobody wants them.</param>
    /// <param name="dscales">Receives C·lanes numbers; empty if nobody wants them.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Backward(
        int channels, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> scales, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dscales)
    {
        long length = (long)channels * pixels * Simd.Lanes, scalesLength = (long)channels * Simd.Lanes;
        Require.Length(x.Length, length, nameof(x));
        Require.Length(scales.Length, scalesLength, nameof(scales));
        Require.Length(dy.Length, length, nameof(dy));
        if (!dx.IsEmpty) Require.Length(dx.Length, length, nameof(dx));
        if (!dscales.IsEmpty) Require.Length(dscales.Length, scalesLength, nameof(dscales));
        fixed (float* px = x, ps = scales, pdy = dy, pdx = dx, pds = dscales)
        {
            Channels call = new(channels, pixels, ps) { From = pdy, To = pdx, Factor = px, Dots = pds };
            Simd.Run(ref call);
        }
    }

    private readonly struct Channels(int count, int pixels, float* scales) : ISimdKernel
    {
        public float* From { get; init; }

        /// <summary>Receives the scaled channels; may be null.</summary>
        public float* To { get; init; }

        /// <summary>x, of which the products with <see cref="From"/> are summed up into <see cref="Dots"/> unless that is null.</summary>
        public float* Factor { get; init; }

        public float* Dots { get; init; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            nint length = (nint)pixels * S.Lanes;
            for (int c = 0; c < count; c++)
            {
                float* from = From + (c * length);
                if (To != null)
                {
                    V scale = S.Load(scales + (c * S.Lanes));
                    float* to = To + (c * length);
                    for (nint i = 0; i < length; i += S.Lanes) S.Store(to + i, S.Multiply(scale, S.Load(from + i)));
                }
                if (Dots == null) continue;
                V sum = S.Zero;
                float* factor = Factor + (c * length);
                for (nint i = 0; i < length; i += S.Lanes) sum = S.MultiplyAdd(S.Load(from + i), S.Load(factor + i), sum);
                S.Store(Dots + (c * S.Lanes), sum);
            }
        }
    }
}
