using CnnEngine.Kernels;

namespace CnnEngine.Optimizers;

/// <summary>
/// Minibatch stochastic gradient descent, the notes' <c>W ← W − η · mean gradient</c>, with momentum, Nesterov's momentum and
/// weight decay, as PyTorch has it: <c>d = g + λ·w; v = μ·v + d; w = w − η·v</c> (Nesterov: <c>w − η·(d + μ·v)</c>).
/// </summary>
public sealed class Sgd : Optimizer
{
    /// <summary>Describes the method.</summary>
    /// <param name="momentum">μ, 0 to below 1.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <param name="nesterov">Whether to look ahead by one step of the velocity.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Sgd(float momentum = 0, float weightDecay = 0, bool nesterov = false)
        : base(weightDecay, momentum == 0 ? [] : ["velocity"])
    {
        if (!(momentum is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "momentum is 0 to below 1");
        (Momentum, Nesterov) = (momentum, nesterov);
    }

    /// <summary>μ.</summary>
    public float Momentum { get; }

    /// <summary>Whether Nesterov's momentum is used.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    public override string ToString() => $"SGD, {(Nesterov ? "Nesterov's " : "")}momentum {Momentum}{DecayText}";

    /// <inheritdoc/>
    protected override void Update(
        Span<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<Tensor> state, float learningRate, float weightDecay) =>
        SgdUpdate.Run(weights, gradient, state.IsEmpty ? [] : state[0].Span, learningRate, Momentum, weightDecay, Nesterov);
}
