using CnnEngine.Kernels;

namespace CnnEngine.Optimizers;

/// <summary>
/// Adagrad (J. Duchi, E. Hazan, Y. Singer, 2011): each gradient over the root of the sum of all squares so far, so that weights with
/// rare gradients take larger steps. As PyTorch has it; the equations stand at <see cref="AdagradUpdate"/>.
/// </summary>
public sealed class Adagrad : Optimizer
{
    /// <summary>Describes the method.</summary>
    /// <param name="rateDecay">κ, 0 or more: in step t, the learning rate is η / (1 + (t − 1)·κ).</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="initialSum">What the sums of squares begin with, 0 or more.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Adagrad(float rateDecay = 0, float epsilon = 1e-10f, float initialSum = 0, float weightDecay = 0)
        : base(weightDecay, "sum")
    {
        if (!(rateDecay >= 0)) throw new ArgumentOutOfRangeException(nameof(rateDecay), rateDecay, "rate decay is 0 or more");
        if (!(epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon is a number above 0");
        if (!(initialSum >= 0)) throw new ArgumentOutOfRangeException(nameof(initialSum), initialSum, "the initial sum is 0 or more");
        (RateDecay, Epsilon, InitialSum) = (rateDecay, epsilon, initialSum);
    }

    /// <summary>κ.</summary>
    public float RateDecay { get; }

    /// <summary>ε.</summary>
    public float Epsilon { get; }

    /// <summary>What the sums of squares begin with.</summary>
    public float InitialSum { get; }

    /// <inheritdoc/>
    protected override float InitialState => InitialSum;

    /// <inheritdoc/>
    public override string ToString() => $"Adagrad{(RateDecay > 0 ? $", rate decay {RateDecay:0.#######}" : "")}{DecayText}";

    /// <inheritdoc/>
    protected override void Update(
        Span<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<Tensor> state, float learningRate, float weightDecay) =>
        AdagradUpdate.Run(weights, gradient, state[0].Span, (float)(learningRate / (1 + ((Steps - 1) * (double)RateDecay))), Epsilon, weightDecay);
}
