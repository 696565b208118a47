using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Serialization;

namespace CnnEngine.Optimizers;

/// <summary>
/// The exponential moving average of weights over the steps of a training (B. Polyak, A. Juditsky, "Acceleration of Stochastic
/// Approximation by Averaging", 1992): <c>a = β·a + (1 − β)·w</c>, beginning with the weights after the first step. It often does better
/// on new images than the last weights, whose noise it evens out. Kept beside the network; <see cref="Swap"/> puts it in.
/// </summary>
public sealed class WeightAverage
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Tensor[] _averages;

    /// <summary>Makes room for the averages.</summary>
    /// <param name="parameters">Whose averages: a network's <see cref="Graphs.Network.Parameters"/>.</param>
    /// <param name="keep">β, how much of the average is kept in each step; 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is out of range.</exception>
    public WeightAverage(IReadOnlyList<Parameter> parameters, float keep = 0.999f)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(keep is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(keep), keep, "a share of 0 to below 1 is kept");
        (_parameters, Keep) = (parameters, keep);
        _averages = [.. parameters.Select(p => Tensor.Zeros(p.Shape))];
    }

    /// <summary>β.</summary>
    public float Keep { get; }

    /// <summary>How many steps have been taken in; to be set when training is resumed.</summary>
    public long Steps { get; set; }

    /// <summary>The averages, named by the parameter's number in the list, as <c>3.average</c>: to be filled when training is resumed.</summary>
    public IEnumerable<NamedTensor> State => _averages.Select((average, i) => new NamedTensor($"{i}.average", average));

    /// <summary>Takes in the parameters after a step.</summary>
    public void Update()
    {
        for (int i = 0; i < _averages.Length; i++)
        {
            if (Steps == 0) _parameters[i].Value.Span.CopyTo(_averages[i].Span);
            else MovingAverage.Run(_averages[i].Span, _parameters[i].Value.Span, Keep);
        }
        Steps++;
    }

    /// <summary>Puts the averages into the parameters and keeps what was there; a second time puts everything back.</summary>
    /// <exception cref="InvalidOperationException">There is no average before the first step.</exception>
    public void Swap()
    {
        if (Steps == 0) throw new InvalidOperationException("there is no average of weights before the first step");
        for (int i = 0; i < _averages.Length; i++)
        {
            Span<float> weights = _parameters[i].Value.Span, averages = _averages[i].Span;
            for (int j = 0; j < weights.Length; j++) (weights[j], averages[j]) = (averages[j], weights[j]);
        }
    }
}
