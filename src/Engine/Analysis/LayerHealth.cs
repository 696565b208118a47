namespace CnnEngine.Analysis;

/// <summary>What a layer did with a sample of images.</summary>
/// <param name="Name">Its name in the network.</param>
/// <param name="Options">The layer and its options.</param>
/// <param name="Output">The shape of one image's output.</param>
/// <param name="ActivationRms">The root of the mean square of its outputs.</param>
/// <param name="DeltaRms">That of ∂loss/∂output, of a minibatch's mean loss; null where nobody learns from it.</param>
/// <param name="DeadShare">Of a ReLU, the share of channels (of a vector: of features) that are 0 for all images, at all places; else null.</param>
/// <param name="SaturatedShare">Of a sigmoid or a tangent, the share of outputs within 1 % of their range from its ends; else null.</param>
/// <param name="Parameters">What it learns; empty if it shares another layer's.</param>
public sealed record LayerHealth(
    string Name, string Options, Shape Output, double ActivationRms, double? DeltaRms, double? DeadShare, double? SaturatedShare, IReadOnlyList<ParameterHealth> Parameters);

/// <summary>How a parameter moves.</summary>
/// <param name="Name">Layer and parameter, as in <c>conv1.weight</c>.</param>
/// <param name="Norm">‖w‖.</param>
/// <param name="GradientNorm">‖∂loss/∂w‖, the root of the mean of its square over the minibatches.</param>
/// <param name="UpdateRatio">‖Δw‖ / ‖w‖ of one step of the optimiser, which remembers the steps before, while the weights are put back; about 10⁻³ is healthy. Null without an optimiser, or where w is 0.</param>
public sealed record ParameterHealth(string Name, double Norm, double GradientNorm, double? UpdateRatio)
{
    /// <summary>Whether nothing is learnt: the gradient is 0 for the whole sample.</summary>
    public bool IsStill => GradientNorm == 0;
}

/// <summary>The moments of a training step at which a number can stop being finite.</summary>
public enum NonFinitePlace
{
    /// <summary>In the images that the network is given.</summary>
    Image,

    /// <summary>In a parameter, before anything is computed.</summary>
    Parameter,

    /// <summary>In what a layer keeps: running means.</summary>
    State,

    /// <summary>In the output of a layer whose inputs and parameters are finite.</summary>
    Activation,

    /// <summary>In the loss of finite outputs.</summary>
    Loss,

    /// <summary>In ∂loss/∂input that a layer computes of finite numbers.</summary>
    Delta,

    /// <summary>In ∂loss/∂parameter that a layer computes of finite numbers.</summary>
    Gradient,
}

/// <summary>Where the first number that is infinite or no number came from.</summary>
/// <param name="Place">At which moment of a step.</param>
/// <param name="Layer">In which layer; null for images and the loss.</param>
/// <param name="Parameter">In which of its parameters or running means, as in <c>weight</c>; else null.</param>
public sealed record NonFiniteOrigin(NonFinitePlace Place, string? Layer = null, string? Parameter = null)
{
    /// <summary>As in <c>the weight of "conv2"</c>.</summary>
    public override string ToString() => Place switch
    {
        NonFinitePlace.Image => "the images",
        NonFinitePlace.Parameter or NonFinitePlace.State => $"the {Parameter} of \"{Layer}\"",
        NonFinitePlace.Activation => $"the output of \"{Layer}\"",
        NonFinitePlace.Loss => "the loss",
        NonFinitePlace.Delta => $"the backward pass of \"{Layer}\"",
        _ => $"the gradient of the {Parameter} of \"{Layer}\"",
    };
}
