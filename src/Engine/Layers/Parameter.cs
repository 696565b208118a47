using CnnEngine.Initialization;

namespace CnnEngine.Layers;

/// <summary>Numbers that a layer learns, and the gradient of the loss by them; or numbers that it keeps without learning them.</summary>
public sealed class Parameter
{
    private Tensor? _value;
    private Tensor? _gradient;

    internal Parameter(string name, Shape shape, bool isTrained) => (Name, Shape, IsTrained) = (name, shape, isTrained);

    /// <summary>One with memory, outside any layer.</summary>
    internal static Parameter Zeros(string name, Shape shape)
    {
        Parameter parameter = new(name, shape, isTrained: true);
        parameter.Allocate(Initializer.Zeros, 1, 1, default);
        parameter.AllocateGradient();
        return parameter;
    }

    /// <summary>One with numbers, for a layer that is made from another.</summary>
    internal static Parameter Of(string name, Tensor value) => new(name, value.Shape, isTrained: true) { _value = value };

    /// <summary>What it is in its layer: <c>weight</c>, <c>bias</c>.</summary>
    public string Name { get; }

    /// <summary>Its shape.</summary>
    public Shape Shape { get; }

    /// <summary>Whether it is learnt; a batch normalisation's running mean, say, is only kept.</summary>
    public bool IsTrained { get; }

    /// <summary>Whether an optimiser's weight decay shrinks it; true at first.</summary>
    public bool Decays { get; set; } = true;

    /// <summary>The numbers.</summary>
    /// <exception cref="InvalidOperationException">The layer was summarised, but no network was compiled with it.</exception>
    public Tensor Value => _value ?? throw new InvalidOperationException($"the {Name} has no numbers before a network is compiled");

    /// <summary>The gradient of the last minibatch's mean loss, of the same shape.</summary>
    /// <exception cref="InvalidOperationException">It is not learnt, or no network was compiled for training.</exception>
    public Tensor Gradient => _gradient ?? throw new InvalidOperationException($"the {Name} has no gradient before a network is compiled for training");

    internal bool HasValue => _value is not null;

    internal void Allocate(Initializer initializer, int fanIn, int fanOut, SplitMix64 random)
    {
        _value = Tensor.Zeros(Shape);
        initializer.Fill(_value.Value.Span, fanIn, fanOut, ref random);
    }

    internal void AllocateGradient() => _gradient ??= Tensor.Zeros(Shape);
}
