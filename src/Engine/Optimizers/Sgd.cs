using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Optimizers;

/// <summary>
/// Minibatch stochastic gradient descent, the notes' <c>W ← W − η · mean gradient</c>, with momentum, Nesterov's momentum and
/// weight decay, as PyTorch has it: <c>d = g + λ·w; v = μ·v + d; w = w − η·v</c> (Nesterov: <c>w − η·(d + μ·v)</c>).
/// </summary>
public sealed class Sgd : Optimizer
{
    private Tensor[] _velocities = [];

    /// <summary>Describes the method.</summary>
    /// <param name="momentum">μ, 0 to below 1.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <param name="nesterov">Whether to look ahead by one step of the velocity.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Sgd(float momentum = 0, float weightDecay = 0, bool nesterov = false)
    {
        if (!(momentum is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "momentum is 0 to below 1");
        if (!(weightDecay >= 0)) throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay, "weight decay is 0 or more");
        (Momentum, WeightDecay, Nesterov) = (momentum, weightDecay, nesterov);
    }

    /// <summary>μ.</summary>
    public float Momentum { get; }

    /// <summary>λ.</summary>
    public float WeightDecay { get; }

    /// <summary>Whether Nesterov's momentum is used.</summary>
    public bool Nesterov { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"SGD, {(Nesterov ? "Nesterov's " : "")}momentum {Momentum}{(WeightDecay > 0 ? $", weight decay {WeightDecay:0.#######}" : "")}";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The list has another length than at the first step.</exception>
    public override void Step(IReadOnlyList<Parameter> parameters, float learningRate)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (_velocities.Length == 0) _velocities = [.. parameters.Select(p => Tensor.Zeros(p.Value.Shape))];
        if (_velocities.Length != parameters.Count)
            throw new ArgumentException($"{parameters.Count} parameters were given, {_velocities.Length} at the first step", nameof(parameters));
        for (int i = 0; i < _velocities.Length; i++)
            SgdUpdate.Run(parameters[i].Value.Span, parameters[i].Gradient.Span, _velocities[i].Span, learningRate, Momentum, WeightDecay, Nesterov);
    }
}
