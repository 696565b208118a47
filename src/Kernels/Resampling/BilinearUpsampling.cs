using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Bilinear up-sampling, linear interpolation (<see cref="LinearWeights"/>) along rows and then along columns, as PyTorch's <c>bilinear</c> with
/// <c>align_corners=False</c>; backward is the transpose of each, in the other order. Along the vector: columns of the output, in the steps
/// from row to row.
/// </summary>
public static unsafe class BilinearUpsampling
{
    // Threads share out planes in pieces of about so many numbers of the output.
    private const int NumbersPerChunk = 1 << 15;

    /// <summary>The larger images.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H'·W' numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in ResizeShape shape, ReadOnlySpan<float> x, Span<float> y)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        fixed (float* px = x, py = y) Run(shape, forward: true, px, py);
    }

    /// <summary>∂x, the sum of δ over what was made of each pixel, each times its weight.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, N·C·H'·W' numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in ResizeShape shape, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        fixed (float* pdy = dy, pdx = dx) Run(shape, forward: false, pdx, pdy);
    }

    private static void Run(in ResizeShape shape, bool forward, float* x, float* y)
    {
        int perChunk = Math.Max(1, NumbersPerChunk / shape.OutputPlane);
        Threads.ForVectors((shape.Planes + perChunk - 1) / perChunk, new Planes(shape, perChunk, forward, x, y));
    }

    private readonly struct Planes(ResizeShape shape, int perChunk, bool forward, float* x, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int height, int width) = shape.Output;
            // Rows of the image, as wide as the output; a vector reaches over the last.
            int rows = shape.Image.Height * width;
            using Scratch.Lease lease = Scratch.Take(rows + S.Lanes + LinearWeights.ScratchLength(height) + LinearWeights.ScratchLength(width));
            float* tables = lease.Data + rows + S.Lanes;
            LinearWeights vertical = new(shape.Image.Height, height, tables);
            LinearWeights horizontal = new(shape.Image.Width, width, tables + LinearWeights.ScratchLength(height));
            int end = Math.Min((chunk + 1) * perChunk, shape.Planes);
            for (int plane = chunk * perChunk; plane < end; plane++)
            {
                float* px = x + ((nint)plane * shape.InputPlane), py = y + ((nint)plane * shape.OutputPlane);
                if (forward)
                {
                    Widen(horizontal, px, lease.Data);
                    Heighten<S, V>(vertical, lease.Data, py);
                }
                else
                {
                    HeightenBack<S, V>(vertical, py, lease.Data);
                    WidenBack(horizontal, lease.Data, px);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Widen(LinearWeights weights, float* from, float* to)
        {
            (int rows, int width) = shape.Image;
            int outputs = shape.Output.Width;
            for (int h = 0; h < rows; h++, from += width, to += outputs)
                for (int j = 0; j < outputs; j++)
                {
                    float weight = weights.Weight(j);
                    to[j] = ((1 - weight) * from[weights.Low(j)]) + (weight * from[weights.High(j)]);
                }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void WidenBack(LinearWeights weights, float* from, float* to)
        {
            (int rows, int width) = shape.Image;
            int outputs = shape.Output.Width;
            for (int h = 0; h < rows; h++, from += outputs, to += width)
            {
                // The sums of the pixel at hand and of the next: with no fewer outputs than pixels each pixel is some output's low.
                float low = 0, high = 0;
                int w = 0;
                for (int j = 0; j < outputs; j++)
                {
                    if (weights.Low(j) != w)
                    {
                        to[w++] = low;
                        (low, high) = (high, 0);
                    }
                    float weight = weights.Weight(j);
                    low += (1 - weight) * from[j];
                    high += weight * from[j];
                }
                to[w] = low + high;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Heighten<S, V>(LinearWeights weights, float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            (int outputs, int width) = shape.Output;
            for (int i = 0; i < outputs; i++, to += width)
            {
                float* low = from + ((nint)weights.Low(i) * width), high = from + ((nint)weights.High(i) * width);
                float weight = weights.Weight(i);
                V highs = S.Broadcast(weight), lows = S.Broadcast(1 - weight);
                int j = 0;
                for (; j <= width - S.Lanes; j += S.Lanes)
                    S.Store(to + j, S.MultiplyAdd(highs, S.Load(high + j), S.Multiply(lows, S.Load(low + j))));
                for (; j < width; j++) to[j] = ((1 - weight) * low[j]) + (weight * high[j]);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void HeightenBack<S, V>(LinearWeights weights, float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            (int outputs, int width) = shape.Output;
            new Span<float>(to, shape.Image.Height * width).Clear();
            for (int i = 0; i < outputs; i++, from += width)
            {
                Accumulate<S, V>(1 - weights.Weight(i), from, to + ((nint)weights.Low(i) * width), width);
                Accumulate<S, V>(weights.Weight(i), from, to + ((nint)weights.High(i) * width), width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Accumulate<S, V>(float factor, float* from, float* to, int length) where S : struct, ISimd<V> where V : unmanaged
        {
            V factors = S.Broadcast(factor);
            int i = 0;
            for (; i <= length - S.Lanes; i += S.Lanes) S.Store(to + i, S.MultiplyAdd(factors, S.Load(from + i), S.Load(to + i)));
            for (; i < length; i++) to[i] += factor * from[i];
        }
    }
}
