using CnnEngine.Layers;
using CnnEngine.Serialization;

namespace CnnEngine.Optimizers;

/// <summary>
/// Moves parameters against their gradients. Keeps what it remembers of each parameter between steps, as tensors of the parameter's shape.
/// </summary>
public abstract class Optimizer
{
    private readonly string[] _stateNames;
    private Tensor[][] _states = []; // parameter by parameter

    /// <summary>Describes what all optimisers have.</summary>
    /// <param name="weightDecay">λ, 0 or more.</param>
    /// <param name="stateNames">What the method calls the numbers that it remembers of each weight.</param>
    /// <exception cref="ArgumentOutOfRangeException">The weight decay is out of range.</exception>
    protected Optimizer(float weightDecay, params ReadOnlySpan<string> stateNames)
    {
        if (!(weightDecay >= 0)) throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay, "weight decay is 0 or more");
        WeightDecay = weightDecay;
        _stateNames = stateNames.ToArray();
    }

    /// <summary>λ, how strongly weights are drawn to 0; parameters that do not <see cref="Parameter.Decays">decay</see> are left alone.</summary>
    public float WeightDecay { get; }

    /// <summary>Steps done; to be set when training is resumed.</summary>
    public long Steps { get; set; }

    /// <summary>
    /// What is remembered, named by the parameter's number in the list and by what it is: <c>3.velocity</c>. Empty before
    /// <see cref="Prepare"/> or the first step. To resume a training, prepare, fill these tensors and set <see cref="Steps"/>.
    /// </summary>
    public IEnumerable<NamedTensor> State =>
        _states.SelectMany((tensors, parameter) => tensors.Select((tensor, i) => new NamedTensor($"{parameter}.{_stateNames[i]}", tensor)));

    /// <summary>What is remembered of a weight before the first step.</summary>
    protected virtual float InitialState => 0;

    /// <summary>Makes room for what is remembered of the parameters; otherwise the first step does.</summary>
    /// <param name="parameters">The list that all steps will be given.</param>
    public void Prepare(IReadOnlyList<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _states = [.. parameters.Select(p => _stateNames.Select(_ => Tensor.Zeros(p.Shape)).ToArray())];
        if (InitialState == 0) return;
        foreach (NamedTensor state in State) state.Tensor.Span.Fill(InitialState);
    }

    /// <summary>Updates every parameter by its gradient.</summary>
    /// <param name="parameters">The same list at every step.</param>
    /// <param name="learningRate">η.</param>
    /// <exception cref="ArgumentException">The list has another length than at the first step.</exception>
    public void Step(IReadOnlyList<Parameter> parameters, float learningRate)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (_states.Length == 0) Prepare(parameters);
        if (_states.Length != parameters.Count)
            throw new ArgumentException($"{parameters.Count} parameters were given, {_states.Length} at the first step", nameof(parameters));
        Steps++;
        for (int i = 0; i < _states.Length; i++)
        {
            Parameter parameter = parameters[i];
            Update(parameter.Value.Span, parameter.Gradient.Span, _states[i], learningRate, parameter.Decays ? WeightDecay : 0);
        }
    }

    /// <summary>Updates one parameter in the step <see cref="Steps"/>, which is 1 the first time.</summary>
    /// <param name="weights">Its numbers.</param>
    /// <param name="gradient">The gradient of the minibatch's mean loss.</param>
    /// <param name="state">What is remembered of it, in the order of the names.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="weightDecay">λ for this parameter.</param>
    protected abstract void Update(
        Span<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<Tensor> state, float learningRate, float weightDecay);

    /// <summary>The weight decay as descriptions of optimisers end with it.</summary>
    private protected string DecayText => WeightDecay > 0 ? $", weight decay {WeightDecay:0.#######}" : "";
}
