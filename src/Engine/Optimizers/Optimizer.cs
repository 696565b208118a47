using CnnEngine.Layers;

namespace CnnEngine.Optimizers;

/// <summary>Moves parameters against their gradients. Keeps what it remembers of each parameter between steps.</summary>
public abstract class Optimizer
{
    /// <summary>Updates every parameter by its gradient.</summary>
    /// <param name="parameters">The same list at every step.</param>
    /// <param name="learningRate">η.</param>
    public abstract void Step(IReadOnlyList<Parameter> parameters, float learningRate);
}
