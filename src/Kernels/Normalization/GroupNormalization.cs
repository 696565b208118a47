using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Normalisation of groups of numbers of one image: layer normalisation (J. Ba, J. Kiros, G. Hinton, "Layer Normalization", 2016) and group
/// normalisation (Y. Wu, K. He, "Group Normalization", 2018). The same as batch normalisation, but for where means are taken:
/// <code>
/// y = γ·x̂ + β,   x̂ = (x − μ) / σ,   μ = mean(x),   σ² = mean((x − μ)²) + ε   over a group
/// ∂x = (δ̂ − mean(δ̂) − x̂·mean(δ̂·x̂)) / σ   with δ̂ = γ·δ;   ∂β = Σ δ, ∂γ = Σ δ·x̂ over the images and a channel's numbers
/// </code>
/// μ and mean((x − μ)²) of each group are kept for the backward pass. A group is worked on in the cache, step by step.
/// </summary>
public static unsafe class GroupNormalization
{
    // Where a channel is one number, so many of them are added up together.
    private const int ChannelsPerChunk = 1 << 10;

    /// <summary>Normalises each group.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·G·C·P numbers.</param>
    /// <param name="weight">γ, G·C numbers.</param>
    /// <param name="bias">β, G·C numbers.</param>
    /// <param name="epsilon">ε, which keeps the division from zero.</param>
    /// <param name="y">Receives N·G·C·P numbers.</param>
    /// <param name="mean">Receives μ, N·G numbers.</param>
    /// <param name="variance">Receives mean((x − μ)²), N·G numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(
        in GroupShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon,
        Span<float> y, Span<float> mean, Span<float> variance)
    {
        Check(shape, x.Length, mean.Length, variance.Length, weight.Length);
        Require.Length(bias.Length, shape.Parameters, nameof(bias));
        Require.Length(y.Length, shape.Length, nameof(y));
        fixed (float* px = x, py = y, pw = weight, pb = bias, pm = mean, pv = variance)
        {
            // A group is one channel of one image, as batch normalisation sees it.
            BatchNormalization.Measure(new NormShape(1, shape.Rows, shape.RowLength), px, pm, pv);
            Threads.For(shape.Rows, new ForwardRows(shape, px, pm, pv, pw, pb, epsilon, py));
        }
    }

    /// <summary>The derivatives of <see cref="Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="mean">What the forward pass wrote.</param>
    /// <param name="variance">What the forward pass wrote.</param>
    /// <param name="weight">γ.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="dy">δ = ∂loss/∂y, N·G·C·P numbers.</param>
    /// <param name="dx">Receives ∂loss/∂x; empty if it is not wanted.</param>
    /// <param name="dweight">∂loss/∂γ is added to it.</param>
    /// <param name="dbias">∂loss/∂β is added to it.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(
        in GroupShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> weight, float epsilon,
        ReadOnlySpan<float> dy, Span<float> dx, Span<float> dweight, Span<float> dbias)
    {
        Check(shape, x.Length, mean.Length, variance.Length, weight.Length);
        Require.Length(dy.Length, shape.Length, nameof(dy));
        if (!dx.IsEmpty) Require.Length(dx.Length, shape.Length, nameof(dx));
        Require.Length(dweight.Length, shape.Parameters, nameof(dweight));
        Require.Length(dbias.Length, shape.Parameters, nameof(dbias));
        fixed (float* px = x, pm = mean, pv = variance, pw = weight, pdy = dy, pdx = dx, pdw = dweight, pdb = dbias)
        {
            RowBlocks channels = new(shape.Channels, shape.Plane == 1 ? ChannelsPerChunk : 1);
            Threads.For(shape.Groups * channels.Count, new ParameterChannels(shape, channels, px, pm, pv, epsilon, pdy, pdw, pdb));
            if (pdx != null) Threads.For(shape.Rows, new BackwardRows(shape, px, pm, pv, pw, epsilon, pdy, pdx));
        }
    }

    private static void Check(in GroupShape shape, int x, int mean, int variance, int weight)
    {
        Require.Length(x, shape.Length, nameof(x));
        Require.Length(mean, shape.Rows, nameof(mean));
        Require.Length(variance, shape.Rows, nameof(variance));
        Require.Length(weight, shape.Parameters, nameof(weight));
    }

    private static float Inverse(float variance, float epsilon) => (float)(1 / Math.Sqrt((double)variance + epsilon));

    /// <summary>x̂ of some numbers of a group.</summary>
    private static void Normalize(ReadOnlySpan<float> x, float mean, float inverse, Span<float> normalized)
    {
        TensorPrimitives.Subtract(x, mean, normalized);
        TensorPrimitives.Multiply(normalized, inverse, normalized);
    }

    /// <summary>Multiplies a group by its factors.</summary>
    private static void Scale(in GroupShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> weight, Span<float> y)
    {
        if (shape.Plane == 1) TensorPrimitives.Multiply(x, weight, y);
        else
            for (int c = 0, i = 0; c < shape.Channels; c++, i += shape.Plane)
                TensorPrimitives.Multiply(x.Slice(i, shape.Plane), weight[c], y.Slice(i, shape.Plane));
    }

    private readonly struct ForwardRows(
        GroupShape shape, float* x, float* mean, float* variance, float* weight, float* bias, float epsilon, float* y) : IChunks
    {
        public void Run(int row)
        {
            long start = (long)row * shape.RowLength;
            int first = row % shape.Groups * shape.Channels;
            Span<float> to = new(y + start, shape.RowLength);
            Normalize(new ReadOnlySpan<float>(x + start, shape.RowLength), mean[row], Inverse(variance[row], epsilon), to);
            Scale(shape, to, new ReadOnlySpan<float>(weight + first, shape.Channels), to);
            if (shape.Plane == 1) TensorPrimitives.Add(to, new ReadOnlySpan<float>(bias + first, shape.Channels), to);
            else
                for (int c = 0; c < shape.Channels; c++)
                {
                    Span<float> plane = to.Slice(c * shape.Plane, shape.Plane);
                    TensorPrimitives.Add(plane, bias[first + c], plane);
                }
        }
    }

    private readonly struct BackwardRows(
        GroupShape shape, float* x, float* mean, float* variance, float* weight, float epsilon, float* dy, float* dx) : IChunks
    {
        public void Run(int row)
        {
            long start = (long)row * shape.RowLength;
            int length = shape.RowLength;
            using Scratch.Lease scratch = Scratch.Take(2L * length);
            Span<float> normalized = new(scratch.Data, length), delta = new(scratch.Data + length, length), to = new(dx + start, length);
            float inverse = Inverse(variance[row], epsilon);
            Normalize(new ReadOnlySpan<float>(x + start, length), mean[row], inverse, normalized);
            Scale(shape, new ReadOnlySpan<float>(dy + start, length), new ReadOnlySpan<float>(weight + (row % shape.Groups * shape.Channels), shape.Channels), delta);
            float meanDelta = TensorPrimitives.Sum<float>(delta) / length, meanProduct = TensorPrimitives.Dot<float>(delta, normalized) / length;
            TensorPrimitives.MultiplyAdd(normalized, -meanProduct, delta, to);
            TensorPrimitives.Subtract(to, meanDelta, to);
            TensorPrimitives.Multiply(to, inverse, to);
        }
    }

    /// <summary>∂γ and ∂β of some channels of a group, over the images.</summary>
    private readonly struct ParameterChannels(
        GroupShape shape, RowBlocks channels, float* x, float* mean, float* variance, float epsilon, float* dy, float* dweight, float* dbias) : IChunks
    {
        public void Run(int chunk)
        {
            (int group, int block) = Math.DivRem(chunk, channels.Count);
            int first = (group * shape.Channels) + channels.First(block), count = channels.Height(block), length = count * shape.Plane;
            using Scratch.Lease scratch = Scratch.Take(length);
            Span<float> normalized = new(scratch.Data, length), ofWeight = new(dweight + first, count), ofBias = new(dbias + first, count);
            double weightSum = 0, biasSum = 0;
            for (int n = 0; n < shape.Images; n++)
            {
                int row = (n * shape.Groups) + group;
                long start = ((long)n * shape.Parameters * shape.Plane) + ((long)first * shape.Plane);
                ReadOnlySpan<float> delta = new(dy + start, length);
                Normalize(new ReadOnlySpan<float>(x + start, length), mean[row], Inverse(variance[row], epsilon), normalized);
                if (shape.Plane == 1)
                {
                    TensorPrimitives.MultiplyAdd(delta, normalized, ofWeight, ofWeight);
                    TensorPrimitives.Add(ofBias, delta, ofBias);
                    continue;
                }
                weightSum += TensorPrimitives.Dot(delta, normalized);
                biasSum += TensorPrimitives.Sum(delta);
            }
            ofWeight[0] += (float)weightSum;
            ofBias[0] += (float)biasSum;
        }
    }
}
