using CnnEngine.Kernels;

namespace CnnEngine.Optimizers;

/// <summary>
/// RMSprop (T. Tieleman, G. Hinton, 2012): each gradient over the root of the mean square of the last ones, optionally with momentum,
/// and centred, by their deviation in place of their root mean square. As PyTorch has it; the equations stand at <see cref="RmsPropUpdate"/>.
/// </summary>
public sealed class RmsProp : Optimizer
{
    private readonly RmsPropRates _rates;

    /// <summary>Describes the method.</summary>
    /// <param name="alpha">α, how much of the squares' mean is kept; 0 to below 1.</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="momentum">μ, 0 to below 1.</param>
    /// <param name="centered">Whether to divide by the deviation.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public RmsProp(float alpha = 0.99f, float epsilon = 1e-8f, float momentum = 0, bool centered = false, float weightDecay = 0)
        : base(weightDecay, ["square", .. momentum == 0 ? (ReadOnlySpan<string>)[] : ["velocity"], .. centered ? (ReadOnlySpan<string>)["mean"] : []])
    {
        if (!(alpha is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "alpha is 0 to below 1");
        if (!(epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon is a number above 0");
        if (!(momentum is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "momentum is 0 to below 1");
        _rates = new RmsPropRates(alpha, epsilon, momentum, weightDecay);
        Centered = centered;
    }

    /// <summary>α.</summary>
    public float Alpha => _rates.Alpha;

    /// <summary>ε.</summary>
    public float Epsilon => _rates.Epsilon;

    /// <summary>μ.</summary>
    public float Momentum => _rates.Momentum;

    /// <summary>Whether gradients are divided by their deviation.</summary>
    public bool Centered { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"RMSprop, α {Alpha}{(Momentum > 0 ? $", momentum {Momentum}" : "")}{(Centered ? ", centred" : "")}{DecayText}";

    /// <inheritdoc/>
    protected override void Update(
        Span<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<Tensor> state, float learningRate, float weightDecay) =>
        RmsPropUpdate.Run(
            weights, gradient, state[0].Span, Momentum > 0 ? state[1].Span : [], Centered ? state[^1].Span : [],
            _rates with { WeightDecay = weightDecay }, learningRate);
}
