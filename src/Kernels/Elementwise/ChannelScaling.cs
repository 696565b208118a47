using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Planes times a number each, <c>y[p,i] = s[p]·x[p,i]</c>, where a plane is a channel of an image. Along the vector: pixels.
/// </summary>
public static unsafe class ChannelScaling
{
    // Threads share out planes in pieces of about so many numbers.
    private const int NumbersPerChunk = 1 << 15;

    /// <summary>The scaled planes.</summary>
    /// <param name="planes">N·C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="scales">s, N·C numbers.</param>
    /// <param name="y">Receives N·C·H·W numbers.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Forward(int planes, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<float> y)
    {
        Require.Length(x.Length, (long)planes * pixels, nameof(x));
        Require.Length(scales.Length, planes, nameof(scales));
        Require.Length(y.Length, (long)planes * pixels, nameof(y));
        fixed (float* px = x, ps = scales, py = y) Run(new Planes(planes, pixels, ps) { From = px, To = py });
    }

    /// <summary><c>∂x[p,i] = s[p]·δ[p,i]</c> and <c>∂s[p] = Σ_i δ[p,i]·x[p,i]</c>.</summary>
    /// <param name="planes">N·C.</param>
    /// <param name="pixels">H·W.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="scales">s, N·C numbers.</param>
    /// <param name="dy">δ, N·C·H·W numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers; empty if nobody wants them.</param>
    /// <param name="dscales">Receives N·C numbers; empty if nobody wants them.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Backward(
        int planes, int pixels, ReadOnlySpan<float> x, ReadOnlySpan<float> scales, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dscales)
    {
        Require.Length(x.Length, (long)planes * pixels, nameof(x));
        Require.Length(scales.Length, planes, nameof(scales));
        Require.Length(dy.Length, (long)planes * pixels, nameof(dy));
        if (!dx.IsEmpty) Require.Length(dx.Length, (long)planes * pixels, nameof(dx));
        if (!dscales.IsEmpty) Require.Length(dscales.Length, planes, nameof(dscales));
        fixed (float* px = x, ps = scales, pdy = dy, pdx = dx, pds = dscales)
            Run(new Planes(planes, pixels, ps) { From = pdy, To = pdx, Factor = px, Dots = pds });
    }

    private static void Run(Planes planes) => Threads.ForVectors((planes.Count + planes.PerChunk - 1) / planes.PerChunk, planes);

    private readonly struct Planes(int count, int pixels, float* scales) : IVectorChunks
    {
        public float* From { get; init; }

        /// <summary>Receives the scaled planes; may be null.</summary>
        public float* To { get; init; }

        /// <summary>x, of which the products with <see cref="From"/> are summed up into <see cref="Dots"/> unless that is null.</summary>
        public float* Factor { get; init; }

        public float* Dots { get; init; }

        public int Count => count;

        public int PerChunk => Math.Max(1, NumbersPerChunk / pixels);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int end = Math.Min((chunk + 1) * PerChunk, count);
            for (int plane = chunk * PerChunk; plane < end; plane++)
            {
                nint first = (nint)plane * pixels;
                if (To != null) Scale<S, V>(From + first, scales[plane], To + first);
                if (Dots != null) Dots[plane] = Dot<S, V>(From + first, Factor + first);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Scale<S, V>(float* from, float scale, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            V factor = S.Broadcast(scale);
            int i = 0;
            for (; i <= pixels - S.Lanes; i += S.Lanes) S.Store(to + i, S.Multiply(factor, S.Load(from + i)));
            for (; i < pixels; i++) to[i] = scale * from[i];
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private float Dot<S, V>(float* a, float* b) where S : struct, ISimd<V> where V : unmanaged
        {
            // Two sums, so that one addition need not wait for the one before.
            V even = S.Zero, odd = S.Zero;
            int i = 0;
            for (; i <= pixels - (2 * S.Lanes); i += 2 * S.Lanes)
            {
                even = S.MultiplyAdd(S.Load(a + i), S.Load(b + i), even);
                odd = S.MultiplyAdd(S.Load(a + i + S.Lanes), S.Load(b + i + S.Lanes), odd);
            }
            float sum = 0;
            for (; i < pixels; i++) sum += a[i] * b[i];
            return sum + S.Sum(S.Add(even, odd));
        }
    }
}
