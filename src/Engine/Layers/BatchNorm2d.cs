using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Batch normalisation of each channel over the images and their pixels, <c>y = γ·(x − μ)/√(σ² + ε) + β</c>, of images <c>C×H×W</c> and of
/// vectors, whose features are channels. In training μ and σ² are the mean and the (biased) variance of the batch, and running means of them
/// are kept: <c>running ← (1 − momentum)·running + momentum·batch</c>, with the unbiased variance; at inference μ and σ² are these.
/// </summary>
/// <remarks>
/// S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015. A batch
/// runs through a network with such a layer as one part. The convolution before it needs no bias: the mean takes it away again.
/// Layers that share (<see cref="Layer.SharesWith"/>) each normalise by the batch as they see it; the running means take in both.
/// </remarks>
public sealed class BatchNorm2d : Layer, IFusesActivation
{
    private const int BatchMoments = 0;

    /// <summary>ε, which keeps the division from zero; 10⁻⁵ if left out.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>What a batch counts for in the running means; 0.1 if left out.</summary>
    public float Momentum { get; init; } = 0.1f;

    /// <summary>γ, C numbers that begin as 1.</summary>
    public Parameter? Weight { get; private set; }

    /// <summary>β, C numbers that begin as 0.</summary>
    public Parameter? Bias { get; private set; }

    /// <summary>The running mean, C numbers that begin as 0; kept, not learnt.</summary>
    public Parameter? RunningMean { get; private set; }

    /// <summary>The running (unbiased) variance, C numbers that begin as 1; kept, not learnt.</summary>
    public Parameter? RunningVariance { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "bn";

    /// <inheritdoc/>
    public override bool TreatsImagesAlone => false;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!(Epsilon >= 0)) throw new ArgumentException($"epsilon is {Epsilon}; it must be 0 or more");
        if (!(Momentum is >= 0 and <= 1)) throw new ArgumentException($"the momentum is {Momentum}; it must be from 0 to 1");
        int channels = plan.Input()[0];
        Shape shape = new(channels);
        Weight = GetParameter(plan, "weight", shape, Initializer.Ones, 1, 1);
        Bias = GetParameter(plan, "bias", shape, Initializer.Zeros, 1, 1);
        RunningMean = GetState(plan, "running_mean", shape, Initializer.Zeros);
        RunningVariance = GetState(plan, "running_var", shape, Initializer.Ones);
        plan.ReserveForBatch<float>(2 * channels);
        return plan.Input();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">In training, a channel has one number in the whole batch, and so no variance.</exception>
    public override void Forward(in Step step)
    {
        NormShape shape = Geometry(step);
        ReadOnlySpan<float> weight = Weight!.Value.Span, bias = Bias!.Value.Span;
        Span<float> runningMean = RunningMean!.Value.Span, runningVariance = RunningVariance!.Value.Span;
        if (!step.Training)
        {
            BatchNormalization.Infer(shape, step.Input(), runningMean, runningVariance, weight, bias, Epsilon, step.Activation, step.Output);
            return;
        }
        if (shape.ChannelLength < 2)
            throw new InvalidOperationException("batch normalisation of one vector: a single number has no variance; train on two images or more at once");
        Moments(step, out Span<float> mean, out Span<float> variance);
        BatchNormalization.Forward(shape, step.Input(), weight, bias, Epsilon, step.Activation, step.Output, mean, variance);
        float toUnbiased = (float)((double)shape.ChannelLength / (shape.ChannelLength - 1));
        for (int c = 0; c < shape.Channels; c++)
        {
            runningMean[c] += Momentum * (mean[c] - runningMean[c]);
            runningVariance[c] += Momentum * ((variance[c] * toUnbiased) - runningVariance[c]);
        }
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        Moments(step, out Span<float> mean, out Span<float> variance);
        BatchNormalization.Backward(
            Geometry(step), step.Input(), mean, variance, Weight!.Value.Span, Epsilon, step.OutputGradient, step.InputGradient(),
            step.Gradient(Weight), step.Gradient(Bias!));
    }

    /// <summary>At inference, a product and a sum for each number.</summary>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, 2L * output.Length);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = Epsilon == 1e-5f ? "" : $"epsilon {Epsilon}";
        if (Momentum != 0.1f) text += $"{(text.Length > 0 ? ", " : "")}momentum {Momentum}";
        return text.Length == 0 ? "BatchNorm2d" : $"BatchNorm2d({text})";
    }

    /// <summary>What the layer does at inference to each channel: <c>y = scale·x + shift</c>.</summary>
    internal (double[] Scale, double[] Shift) Inference()
    {
        int channels = Weight!.Shape[0];
        double[] scale = new double[channels], shift = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = Weight.Value.Span[c] / Math.Sqrt((double)RunningVariance!.Value.Span[c] + Epsilon);
            shift[c] = Bias!.Value.Span[c] - (RunningMean!.Value.Span[c] * scale[c]);
        }
        return (scale, shift);
    }

    private static NormShape Geometry(in Step step)
    {
        Shape shape = step.OutputShape;
        return new NormShape(step.Images, shape[0], shape.Length / shape[0]);
    }

    /// <summary>The batch's own mean and variance of each channel.</summary>
    private static void Moments(in Step step, out Span<float> mean, out Span<float> variance)
    {
        Span<float> moments = step.Saved<float>(BatchMoments);
        int channels = step.OutputShape[0];
        mean = moments[..channels];
        variance = moments.Slice(channels, channels);
    }
}
