namespace CnnEngine.Layers;

/// <summary>Numbers that a layer learns, and the gradient of the loss by them.</summary>
public sealed class Parameter
{
    internal Parameter(string name, Shape shape)
    {
        Name = name;
        Value = Tensor.Zeros(shape);
        Gradient = Tensor.Zeros(shape);
    }

    /// <summary>What it is in its layer: <c>weight</c>, <c>bias</c>.</summary>
    public string Name { get; }

    /// <summary>The numbers.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient of the last minibatch's mean loss, of the same shape.</summary>
    public Tensor Gradient { get; }
}
