using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax over the channels of each pixel, <c>y[c] = e^(x[c]) / Σ e^x</c>, and its logarithm, <c>y[c] = x[c] − log Σ e^x</c>; shifted by the
/// largest x so that no exponential overflows. The derivatives are worked out from y. Layout N×C×P: pixels lie along the vector. Features
/// are one pixel, an image of C×H×W×N with its lanes P = H·W·lanes of them.
/// </summary>
public static unsafe class ChannelSoftmax
{
    // Numbers that a thread takes at a time, at least.
    private const int ChunkLength = 1 << 13;

    /// <summary><c>y = softmax(x)</c>, or its logarithm; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">P.</param>
    /// <param name="logarithm">Whether the logarithm is taken.</param>
    /// <param name="x">Whole images of C×P numbers.</param>
    /// <param name="y">Receives as many numbers.</param>
    /// <exception cref="ArgumentException">x is not whole images, or y is shorter.</exception>
    public static void Forward(int channels, int pixels, bool logarithm, ReadOnlySpan<float> x, Span<float> y)
    {
        int images = Images(channels, pixels, x.Length, nameof(x));
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (float* px = x, py = y) Run(images, channels, pixels, logarithm ? Pass.LogForward : Pass.Forward, px, null, py);
    }

    /// <summary>
    /// <c>∂x = y·(∂y − Σ ∂y·y)</c> of the softmax, <c>∂x = ∂y − e^y·Σ ∂y</c> of its logarithm; <paramref name="dx"/> may be
    /// <paramref name="dy"/>.
    /// </summary>
    /// <param name="channels">C.</param>
    /// <param name="pixels">P.</param>
    /// <param name="logarithm">Whether y is the logarithm.</param>
    /// <param name="y">What the forward pass wrote, whole images of C×P numbers.</param>
    /// <param name="dy">As many numbers.</param>
    /// <param name="dx">Receives as many numbers.</param>
    /// <exception cref="ArgumentException">y is not whole images, or another span is shorter.</exception>
    public static void Backward(int channels, int pixels, bool logarithm, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        int images = Images(channels, pixels, y.Length, nameof(y));
        Require.Length(dy.Length, y.Length, nameof(dy));
        Require.Length(dx.Length, y.Length, nameof(dx));
        fixed (float* py = y, pdy = dy, pdx = dx) Run(images, channels, pixels, logarithm ? Pass.LogBackward : Pass.Backward, py, pdy, pdx);
    }

    private static int Images(int channels, int pixels, int length, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, 1);
        long image = (long)channels * pixels;
        if (length % image != 0) throw new ArgumentException($"{name} holds {length} numbers; that is not whole images of {channels}×{pixels}", name);
        return (int)(length / image);
    }

    private enum Pass
    {
        Forward,
        LogForward,
        Backward,
        LogBackward,
    }

    private static void Run(int images, int channels, int pixels, Pass pass, float* x, float* dy, float* to)
    {
        Kernel kernel = new(images, channels, pixels, pass, x, dy, to);
        Threads.ForVectors(kernel.Chunks, kernel);
    }

    /// <summary>A chunk is some pixels of an image, or where images are one pixel, some images.</summary>
    private readonly struct Kernel(int images, int channels, int pixels, Pass pass, float* x, float* dy, float* to) : IVectorChunks
    {
        // Of a chunk: whole vectors of pixels, or of images.
        private readonly int _columns = Math.Max(Simd.Lanes, ChunkLength / channels / Simd.Lanes * Simd.Lanes);

        private int ChunksOfImage => (pixels + _columns - 1) / _columns;

        public int Chunks => pixels == 1 ? (images + _columns - 1) / _columns : images * ChunksOfImage;

        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            if (pixels == 1)
            {
                int image = chunk * _columns, last = Math.Min(images, image + _columns);
                for (; image < last; image += S.Lanes) ThroughBlock<S, V>((nint)image * channels, Math.Min(S.Lanes, last - image));
                return;
            }
            int first = chunk % ChunksOfImage * _columns, end = Math.Min(pixels, first + _columns);
            nint offset = ((nint)(chunk / ChunksOfImage) * channels * pixels) + first;
            for (; first <= end - S.Lanes; first += S.Lanes, offset += S.Lanes) Column<S, V>(x + offset, dy + offset, to + offset, pixels);
            if (first < end) ThroughBlock<S, V>(offset, end - first);
        }

        /// <summary>Columns that do not lie in vectors: through a block of memory in which they do.</summary>
        private void ThroughBlock<S, V>(nint offset, int columns) where S : struct, ISimd<V> where V : unmanaged
        {
            int length = channels * S.Lanes;
            using Scratch.Lease scratch = Scratch.Take(2L * length);
            float* values = scratch.Data, deltas = values + length;
            Gather<S, V>(x + offset, columns, values);
            if (dy != null) Gather<S, V>(dy + offset, columns, deltas);
            Column<S, V>(values, deltas, values, S.Lanes);
            if (pixels == 1) ChwnLayout.ToNchw<S, V>(columns, channels, values, to + offset, channels);
            else
                for (int c = 0; c < channels; c++)
                    for (int i = 0; i < columns; i++) to[offset + ((nint)c * pixels) + i] = values[(c * S.Lanes) + i];
        }

        /// <summary>Lanes without a column become 0.</summary>
        private void Gather<S, V>(float* from, int columns, float* block) where S : struct, ISimd<V> where V : unmanaged
        {
            if (pixels == 1) ChwnLayout.FromNchw<S, V>(columns, channels, from, channels, block);
            else
                for (int c = 0; c < channels; c++)
                    for (int i = 0; i < S.Lanes; i++) block[(c * S.Lanes) + i] = i < columns ? from[((nint)c * pixels) + i] : 0;
        }

        /// <summary>The channels of as many pixels as a vector has lanes, from one channel to the next <paramref name="stride"/> numbers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Column<S, V>(float* x, float* dy, float* to, nint stride) where S : struct, ISimd<V> where V : unmanaged
        {
            V sum = S.Zero, shift = S.Broadcast(float.NegativeInfinity);
            switch (pass)
            {
                case Pass.Forward:
                    for (int c = 0; c < channels; c++) shift = S.Max(shift, S.Load(x + (c * stride)));
                    for (int c = 0; c < channels; c++)
                    {
                        V power = Exponential.Of<S, V>(S.Subtract(S.Load(x + (c * stride)), shift));
                        sum = S.Add(sum, power);
                        S.Store(to + (c * stride), power);
                    }
                    for (int c = 0; c < channels; c++) S.Store(to + (c * stride), S.Divide(S.Load(to + (c * stride)), sum));
                    break;
                case Pass.LogForward:
                    for (int c = 0; c < channels; c++) shift = S.Max(shift, S.Load(x + (c * stride)));
                    for (int c = 0; c < channels; c++) sum = S.Add(sum, Exponential.Of<S, V>(S.Subtract(S.Load(x + (c * stride)), shift)));
                    sum = S.Log(sum);
                    for (int c = 0; c < channels; c++) S.Store(to + (c * stride), S.Subtract(S.Subtract(S.Load(x + (c * stride)), shift), sum));
                    break;
                case Pass.Backward:
                    for (int c = 0; c < channels; c++) sum = S.MultiplyAdd(S.Load(dy + (c * stride)), S.Load(x + (c * stride)), sum);
                    for (int c = 0; c < channels; c++)
                        S.Store(to + (c * stride), S.Multiply(S.Load(x + (c * stride)), S.Subtract(S.Load(dy + (c * stride)), sum)));
                    break;
                default:
                    for (int c = 0; c < channels; c++) sum = S.Add(sum, S.Load(dy + (c * stride)));
                    for (int c = 0; c < channels; c++)
                        S.Store(to + (c * stride), S.Subtract(S.Load(dy + (c * stride)), S.Multiply(Exponential.Of<S, V>(S.Load(x + (c * stride))), sum)));
                    break;
            }
        }
    }
}
