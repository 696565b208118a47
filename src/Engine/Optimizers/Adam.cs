using CnnEngine.Kernels;

namespace CnnEngine.Optimizers;

/// <summary>
/// Adam (D. Kingma, J. Ba, 2015): each weight's step is the mean of its last gradients over the root of their mean square, so that it
/// is about η whatever the gradient's scale. Weight decay goes through the gradient, <c>g + λ·w</c>, and so is scaled with it;
/// <see cref="AdamW"/> has it beside the gradient. As PyTorch has them; the equations stand at <see cref="AdamUpdate"/>.
/// </summary>
public class Adam : Optimizer
{
    private readonly AdamRates _rates;

    /// <summary>Describes the method.</summary>
    /// <param name="beta1">β₁, 0 to below 1.</param>
    /// <param name="beta2">β₂, 0 to below 1.</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Adam(float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0)
        : this(beta1, beta2, epsilon, weightDecay, isDecoupled: false)
    {
    }

    private protected Adam(float beta1, float beta2, float epsilon, float weightDecay, bool isDecoupled)
        : base(weightDecay, "mean", "square")
    {
        if (!(beta1 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta1), beta1, "beta1 is 0 to below 1");
        if (!(beta2 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta2), beta2, "beta2 is 0 to below 1");
        if (!(epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon is a number above 0");
        _rates = new AdamRates(beta1, beta2, epsilon, weightDecay, isDecoupled);
    }

    /// <summary>β₁.</summary>
    public float Beta1 => _rates.Beta1;

    /// <summary>β₂.</summary>
    public float Beta2 => _rates.Beta2;

    /// <summary>ε.</summary>
    public float Epsilon => _rates.Epsilon;

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}, β {Beta1} and {Beta2}{DecayText}";

    /// <inheritdoc/>
    protected override void Update(
        Span<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<Tensor> state, float learningRate, float weightDecay) =>
        AdamUpdate.Run(weights, gradient, state[0].Span, state[1].Span, _rates with { WeightDecay = weightDecay }, learningRate, Steps);
}

/// <summary>
/// Adam with weight decay beside the step, not through the gradient (I. Loshchilov, F. Hutter, 2019): each step shrinks the weights by
/// η·λ, whatever their gradients.
/// </summary>
/// <param name="beta1">β₁, 0 to below 1.</param>
/// <param name="beta2">β₂, 0 to below 1.</param>
/// <param name="epsilon">ε, above 0.</param>
/// <param name="weightDecay">λ, 0 or more.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
public sealed class AdamW(float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0.01f)
    : Adam(beta1, beta2, epsilon, weightDecay, isDecoupled: true);
