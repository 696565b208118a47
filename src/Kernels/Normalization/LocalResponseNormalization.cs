using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Local response normalisation across channels (A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural
/// Networks", 2012, section 3.3), with the mean of the squares, as in PyTorch, instead of their sum:
/// <code>
/// y[c] = x[c] / s[c]^β,   s[c] = k + α/n · Σ x[j]²   over the n channels j from c − n/2 to c + (n − 1)/2
/// ∂x[j] = δ[j] / s[j]^β − 2αβ/n · x[j] · Σ δ[c]·y[c] / s[c]   over the channels c whose windows hold j
/// </code>
/// Nothing is kept for the backward pass but x. Rows of pixels of all channels are worked on in the cache, step by step.
/// </summary>
public static unsafe class LocalResponseNormalization
{
    // So many pixels of all channels are worked on at once.
    private const int RowLength = 256;

    /// <summary><c>y[c] = x[c] / s[c]^β</c>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="options">n, α, β and k.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H·W numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in NormShape shape, in LocalResponse options, ReadOnlySpan<float> x, Span<float> y)
    {
        Require.Length(x.Length, shape.Length, nameof(x));
        Require.Length(y.Length, shape.Length, nameof(y));
        fixed (float* px = x, py = y) Threads.For(shape.Images * RowsOf(shape), new ForwardRows(shape, options, px, py));
    }

    /// <summary>The derivatives of <see cref="Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="options">n, α, β and k.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="dy">δ = ∂loss/∂y, N·C·H·W numbers.</param>
    /// <param name="dx">Receives ∂loss/∂x; none of the others.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in NormShape shape, in LocalResponse options, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Require.Length(x.Length, shape.Length, nameof(x));
        Require.Length(dy.Length, shape.Length, nameof(dy));
        Require.Length(dx.Length, shape.Length, nameof(dx));
        fixed (float* px = x, pdy = dy, pdx = dx) Threads.For(shape.Images * RowsOf(shape), new BackwardRows(shape, options, px, pdy, pdx));
    }

    private static int RowsOf(in NormShape shape) => (shape.Plane + RowLength - 1) / RowLength;

    /// <summary>A row of pixels of one image, in all channels.</summary>
    private readonly ref struct Row
    {
        private readonly NormShape _shape;
        private readonly long _start;

        public Row(in NormShape shape, int chunk)
        {
            _shape = shape;
            (int image, int row) = Math.DivRem(chunk, RowsOf(shape));
            Length = Math.Min(RowLength, shape.Plane - (row * RowLength));
            _start = ((long)image * shape.ImageLength) + (row * RowLength);
        }

        public int Length { get; }

        public Span<float> Of(float* numbers, int channel) => new(numbers + _start + ((long)channel * _shape.Plane), Length);

        /// <summary>s of one channel.</summary>
        public void Sum(in LocalResponse options, float* x, int channel, Span<float> sum)
        {
            sum.Clear();
            for (int c = Math.Max(0, channel - (options.Size / 2)), end = Math.Min(_shape.Channels, channel + ((options.Size - 1) / 2) + 1); c < end; c++)
            {
                ReadOnlySpan<float> numbers = Of(x, c);
                TensorPrimitives.MultiplyAdd(numbers, numbers, sum, sum);
            }
            TensorPrimitives.Multiply(sum, options.Alpha / options.Size, sum);
            TensorPrimitives.Add(sum, options.K, sum);
        }
    }

    /// <summary><c>s^β</c>; for β = ¾ by square roots, which is several times as fast.</summary>
    private static void Power(ReadOnlySpan<float> s, float beta, Span<float> power)
    {
        if (beta != 0.75f)
        {
            TensorPrimitives.Pow(s, beta, power);
            return;
        }
        Span<float> root = stackalloc float[s.Length];
        TensorPrimitives.Sqrt(s, root);
        TensorPrimitives.Sqrt(root, power);
        TensorPrimitives.Multiply(root, power, power);
    }

    private readonly struct ForwardRows(NormShape shape, LocalResponse options, float* x, float* y) : IChunks
    {
        public void Run(int chunk)
        {
            Row row = new(shape, chunk);
            Span<float> sum = stackalloc float[RowLength];
            sum = sum[..row.Length];
            for (int c = 0; c < shape.Channels; c++)
            {
                row.Sum(options, x, c, sum);
                Power(sum, options.Beta, sum);
                TensorPrimitives.Divide(row.Of(x, c), sum, row.Of(y, c));
            }
        }
    }

    private readonly struct BackwardRows(NormShape shape, LocalResponse options, float* x, float* dy, float* dx) : IChunks
    {
        public void Run(int chunk)
        {
            Row row = new(shape, chunk);
            int length = row.Length;
            using Scratch.Lease scratch = Scratch.Take((long)shape.Channels * length);
            Span<float> sum = stackalloc float[RowLength], power = stackalloc float[RowLength];
            sum = sum[..length];
            power = power[..length];
            for (int c = 0; c < shape.Channels; c++)
            {
                row.Sum(options, x, c, sum);
                Power(sum, options.Beta, power);
                Span<float> to = row.Of(dx, c), product = new(scratch.Data + (c * length), length);
                TensorPrimitives.Divide(row.Of(dy, c), power, to);
                TensorPrimitives.Multiply(to, row.Of(x, c), product);
                TensorPrimitives.Divide(product, sum, product);
            }
            for (int j = 0; j < shape.Channels; j++)
            {
                sum.Clear();
                for (int c = Math.Max(0, j - ((options.Size - 1) / 2)), end = Math.Min(shape.Channels, j + (options.Size / 2) + 1); c < end; c++)
                    TensorPrimitives.Add(sum, new ReadOnlySpan<float>(scratch.Data + (c * length), length), sum);
                TensorPrimitives.Multiply(sum, row.Of(x, j), sum);
                Span<float> to = row.Of(dx, j);
                TensorPrimitives.MultiplyAdd(sum, -2 * options.Alpha * options.Beta / options.Size, to, to);
            }
        }
    }
}

/// <summary>The constants of local response normalisation.</summary>
/// <param name="Size">n, how many channels count.</param>
/// <param name="Alpha">α.</param>
/// <param name="Beta">β.</param>
/// <param name="K">k.</param>
public readonly record struct LocalResponse(int Size, float Alpha, float Beta, float K);
