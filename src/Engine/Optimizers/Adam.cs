using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Optimizers;

/// <summary>
/// Adam (D. Kingma, J. Ba, 2015): each weight's step is the mean of its last gradients over the root of their mean square, so that it
/// is about η whatever the gradient's scale. With weight decay it is AdamW (I. Loshchilov, F. Hutter, 2019): the decay shrinks the
/// weights by η·λ beside the step, not through the gradient. As PyTorch has them; the equations stand at <see cref="AdamUpdate"/>.
/// </summary>
public sealed class Adam : Optimizer
{
    private readonly AdamRates _rates;
    private Tensor[] _means = [];
    private Tensor[] _squares = [];
    private long _steps;

    /// <summary>Describes the method.</summary>
    /// <param name="beta1">β₁, 0 to below 1.</param>
    /// <param name="beta2">β₂, 0 to below 1.</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Adam(float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0)
    {
        if (!(beta1 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta1), beta1, "beta1 is 0 to below 1");
        if (!(beta2 is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(beta2), beta2, "beta2 is 0 to below 1");
        if (!(epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "epsilon is a number above 0");
        if (!(weightDecay >= 0)) throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay, "weight decay is 0 or more");
        _rates = new AdamRates(beta1, beta2, epsilon, weightDecay);
    }

    /// <summary>β₁.</summary>
    public float Beta1 => _rates.Beta1;

    /// <summary>β₂.</summary>
    public float Beta2 => _rates.Beta2;

    /// <summary>ε.</summary>
    public float Epsilon => _rates.Epsilon;

    /// <summary>λ.</summary>
    public float WeightDecay => _rates.WeightDecay;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(WeightDecay > 0 ? "AdamW" : "Adam")}, β {Beta1} and {Beta2}{(WeightDecay > 0 ? $", weight decay {WeightDecay:0.#######}" : "")}";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The list has another length than at the first step.</exception>
    public override void Step(IReadOnlyList<Parameter> parameters, float learningRate)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (_steps == 0)
        {
            _means = [.. parameters.Select(p => Tensor.Zeros(p.Value.Shape))];
            _squares = [.. parameters.Select(p => Tensor.Zeros(p.Value.Shape))];
        }
        if (_means.Length != parameters.Count)
            throw new ArgumentException($"{parameters.Count} parameters were given, {_means.Length} at the first step", nameof(parameters));
        _steps++;
        for (int i = 0; i < _means.Length; i++)
            AdamUpdate.Run(
                parameters[i].Value.Span, parameters[i].Gradient.Span, _means[i].Span, _squares[i].Span, _rates, learningRate, _steps);
    }
}
