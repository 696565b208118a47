namespace CnnEngine.Kernels;

/// <summary>
/// Batch normalisation (S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
/// Shift", 2015): each channel is brought to mean 0 and variance 1 over the N·H·W numbers of a batch, then scaled and shifted.
/// <code>
/// y = γ·x̂ + β,   x̂ = (x − μ) / σ,   μ = mean(x),   σ² = mean((x − μ)²) + ε
/// ∂β = Σ δ,   ∂γ = Σ δ·x̂,   ∂x = γ/σ · (δ − mean(δ) − x̂·mean(δ·x̂))
/// </code>
/// μ and σ² are kept for the backward pass, or are running means when there is no training.
/// </summary>
/// <remarks>
/// Two passes over memory each way: one adds up, one writes. The sums are taken of d = x − s, with s the mean of the channel's first
/// numbers, m of n: <c>σ² = mean(d²) − mean(d)²</c>. Since these m numbers alone contribute m·(s − μ)² or more to n·σ², mean(d²) is at
/// most n/m + 1 times σ², usually about twice: the difference does not cancel out, however far from 0 the numbers lie. Along the vector:
/// the places of a plane, or of several small ones (<see cref="ChannelBlocks"/>).
/// </remarks>
public static unsafe class BatchNormalization
{
    // So many numbers of a channel decide on where the sums of its squares are taken from.
    private const int OriginLength = 16;

    /// <summary>Normalises by the batch's own mean and variance, as in training.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="weight">γ, C numbers.</param>
    /// <param name="bias">β, C numbers.</param>
    /// <param name="epsilon">ε, which keeps the division from zero.</param>
    /// <param name="activation">What is applied to y as it is written.</param>
    /// <param name="y">Receives N·C·H·W numbers; may be <paramref name="x"/>.</param>
    /// <param name="mean">Receives μ, C numbers.</param>
    /// <param name="variance">Receives mean((x − μ)²), C numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(
        in NormShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Activation activation,
        Span<float> y, Span<float> mean, Span<float> variance)
    {
        Check(shape, x.Length, mean.Length, variance.Length, weight.Length);
        Require.Length(bias.Length, shape.Channels, nameof(bias));
        Require.Length(y.Length, shape.Length, nameof(y));
        fixed (float* px = x, py = y, pw = weight, pb = bias, pm = mean, pv = variance)
        {
            Measure(shape, px, pm, pv);
            Normalize(shape, px, pm, pv, pw, pb, epsilon, activation, py);
        }
    }

    /// <summary>Normalises by a given mean and variance, as in inference: <c>y = γ·(x − μ)/√(σ² + ε) + β</c>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="mean">μ, C numbers.</param>
    /// <param name="variance">σ², C numbers.</param>
    /// <param name="weight">γ, C numbers.</param>
    /// <param name="bias">β, C numbers.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="activation">What is applied to y as it is written.</param>
    /// <param name="y">Receives N·C·H·W numbers; may be <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Infer(
        in NormShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> weight,
        ReadOnlySpan<float> bias, float epsilon, Activation activation, Span<float> y)
    {
        Check(shape, x.Length, mean.Length, variance.Length, weight.Length);
        Require.Length(bias.Length, shape.Channels, nameof(bias));
        Require.Length(y.Length, shape.Length, nameof(y));
        fixed (float* px = x, py = y, pw = weight, pb = bias, pm = mean, pv = variance)
            Normalize(shape, px, pm, pv, pw, pb, epsilon, activation, py);
    }

    /// <summary>The derivatives of <see cref="Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="mean">What the forward pass wrote.</param>
    /// <param name="variance">What the forward pass wrote.</param>
    /// <param name="weight">γ.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="dy">δ = ∂loss/∂y (of the activation's input), N·C·H·W numbers.</param>
    /// <param name="dx">Receives ∂loss/∂x; may be <paramref name="dy"/>; empty if it is not wanted.</param>
    /// <param name="dweight">∂loss/∂γ is added to it.</param>
    /// <param name="dbias">∂loss/∂β is added to it.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(
        in NormShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> variance, ReadOnlySpan<float> weight, float epsilon,
        ReadOnlySpan<float> dy, Span<float> dx, Span<float> dweight, Span<float> dbias)
    {
        Check(shape, x.Length, mean.Length, variance.Length, weight.Length);
        Require.Length(dy.Length, shape.Length, nameof(dy));
        if (!dx.IsEmpty) Require.Length(dx.Length, shape.Length, nameof(dx));
        Require.Length(dweight.Length, shape.Channels, nameof(dweight));
        Require.Length(dbias.Length, shape.Channels, nameof(dbias));
        fixed (float* px = x, pm = mean, pv = variance, pw = weight, pdy = dy, pdx = dx, pdw = dweight, pdb = dbias)
            Backward(shape, px, pm, pv, pw, epsilon, pdy, pdx, pdw, pdb);
    }

    private static void Check(in NormShape shape, int x, int mean, int variance, int weight)
    {
        Require.Length(x, shape.Length, nameof(x));
        Require.Length(mean, shape.Channels, nameof(mean));
        Require.Length(variance, shape.Channels, nameof(variance));
        Require.Length(weight, shape.Channels, nameof(weight));
    }

    /// <summary>The mean and the variance of each channel.</summary>
    internal static void Measure(in NormShape shape, float* x, float* mean, float* variance)
    {
        using Scratch.Lease scratch = Scratch.Take(2L * ChannelSums<Distance>.Doubles(shape));
        double* sums = (double*)scratch.Data;
        int length = Math.Min(shape.Plane, OriginLength);
        for (int c = 0; c < shape.Channels; c++)
        {
            float sum = 0;
            for (int i = 0; i < length; i++) sum += x[(c * shape.Plane) + i];
            mean[c] = sum / length;
        }
        ChannelSums<Distance>.Run(shape, x, x, mean, sums);
        for (int c = 0; c < shape.Channels; c++)
        {
            double distance = sums[2 * c] / shape.ChannelLength;
            mean[c] = (float)(mean[c] + distance);
            variance[c] = (float)Math.Max(0, (sums[(2 * c) + 1] / shape.ChannelLength) - (distance * distance));
        }
    }

    private static void Normalize(
        in NormShape shape, float* x, float* mean, float* variance, float* weight, float* bias, float epsilon, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(ChannelNumbers.Count * shape.Channels);
        ChannelNumbers numbers = new(scratch.Data, shape.Channels);
        for (int c = 0; c < shape.Channels; c++)
            (numbers.Mean[c], numbers.Scale[c], numbers.Bias[c], numbers.Factor[c]) = (mean[c], (float)(weight[c] * Inverse(variance[c], epsilon)), bias[c], 0);
        if (activation.Kind == ActivationKind.Relu) ChannelMap<Relu>.Run(shape, x, x, numbers, Activation.Identity, y);
        else ChannelMap<Identity>.Run(shape, x, x, numbers, activation, y);
    }

    private static void Backward(
        in NormShape shape, float* x, float* mean, float* variance, float* weight, float epsilon, float* dy, float* dx, float* dweight, float* dbias)
    {
        using Scratch.Lease scratchSums = Scratch.Take(2L * ChannelSums<Delta>.Doubles(shape)), scratch = Scratch.Take(ChannelNumbers.Count * shape.Channels);
        double* sums = (double*)scratchSums.Data;
        ChannelNumbers numbers = new(scratch.Data, shape.Channels);
        ChannelSums<Delta>.Run(shape, x, dy, mean, sums);
        for (int c = 0; c < shape.Channels; c++)
        {
            double inverse = Inverse(variance[c], epsilon), scale = weight[c] * inverse;
            dbias[c] += (float)sums[2 * c];
            dweight[c] += (float)(sums[(2 * c) + 1] * inverse);
            numbers.Mean[c] = mean[c];
            numbers.Scale[c] = (float)(-scale * inverse * inverse * sums[(2 * c) + 1] / shape.ChannelLength);
            numbers.Bias[c] = (float)(-scale * sums[2 * c] / shape.ChannelLength);
            numbers.Factor[c] = (float)scale;
        }
        if (dx != null) ChannelMap<Derivative>.Run(shape, x, dy, numbers, Activation.Identity, dx);
    }

    private static double Inverse(float variance, float epsilon) => 1 / Math.Sqrt((double)variance + epsilon);

    /// <summary>Sums of x − s and of its square.</summary>
    private readonly struct Distance : IDelta
    {
        public static V Of<S, V>(V distance, float* dy) where S : struct, ISimd<V> where V : unmanaged => distance;
    }

    /// <summary>Sums of δ and of δ·(x − μ).</summary>
    private readonly struct Delta : IDelta
    {
        public static V Of<S, V>(V distance, float* dy) where S : struct, ISimd<V> where V : unmanaged => S.Load(dy);
    }

    private readonly struct Identity : IChannelFunction
    {
        public static V Of<S, V>(V affine, V factor, float* dy) where S : struct, ISimd<V> where V : unmanaged => affine;
    }

    private readonly struct Relu : IChannelFunction
    {
        public static V Of<S, V>(V affine, V factor, float* dy) where S : struct, ISimd<V> where V : unmanaged =>
            default(Activations.Relu).Invoke<S, V>(affine);
    }

    /// <summary><c>γ/σ·δ − γ/σ³·mean(δ·(x − μ))·(x − μ) − γ/σ·mean(δ)</c>.</summary>
    private readonly struct Derivative : IChannelFunction
    {
        public static V Of<S, V>(V affine, V factor, float* dy) where S : struct, ISimd<V> where V : unmanaged => S.MultiplyAdd(factor, S.Load(dy), affine);
    }
}
