using System.Text.Json.Serialization;
using CnnEngine.Optimizers;

namespace CnnEngine.Runs;

/// <summary>How parameters are updated; the JSON's <c>kind</c> says by which method. What is left out is the method's own default.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = ConfigReader.Kind)]
[JsonDerivedType(typeof(SgdConfig), "sgd")]
[JsonDerivedType(typeof(AdamConfig), "adam")]
[JsonDerivedType(typeof(AdamWConfig), "adamw")]
[JsonDerivedType(typeof(RmsPropConfig), "rmsprop")]
[JsonDerivedType(typeof(AdagradConfig), "adagrad")]
public abstract record OptimizerConfig
{
    /// <summary>The method with these options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; it is the exception's parameter.</exception>
    public abstract Optimizer Create();
}

/// <summary>Gradient descent: <see cref="Sgd"/>.</summary>
public sealed record SgdConfig : OptimizerConfig
{
    /// <summary>μ.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Whether to look ahead by one step of the velocity.</summary>
    public bool Nesterov { get; init; }

    /// <summary>λ.</summary>
    public float WeightDecay { get; init; } = 5e-4f;

    /// <inheritdoc/>
    public override Optimizer Create() => new Sgd(Momentum, WeightDecay, Nesterov);
}

/// <summary><see cref="Adam"/>.</summary>
public sealed record AdamConfig : OptimizerConfig
{
    /// <summary>β₁.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>β₂.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>ε.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>λ.</summary>
    public float WeightDecay { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create() => new Adam(Beta1, Beta2, Epsilon, WeightDecay);
}

/// <summary><see cref="AdamW"/>.</summary>
public sealed record AdamWConfig : OptimizerConfig
{
    /// <summary>β₁.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>β₂.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>ε.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>λ.</summary>
    public float WeightDecay { get; init; } = 0.01f;

    /// <inheritdoc/>
    public override Optimizer Create() => new AdamW(Beta1, Beta2, Epsilon, WeightDecay);
}

/// <summary><see cref="RmsProp"/>.</summary>
public sealed record RmsPropConfig : OptimizerConfig
{
    /// <summary>α.</summary>
    public float Alpha { get; init; } = 0.99f;

    /// <summary>ε.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>μ.</summary>
    public float Momentum { get; init; }

    /// <summary>Whether gradients are divided by their deviation.</summary>
    public bool Centered { get; init; }

    /// <summary>λ.</summary>
    public float WeightDecay { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create() => new RmsProp(Alpha, Epsilon, Momentum, Centered, WeightDecay);
}

/// <summary><see cref="Adagrad"/>.</summary>
public sealed record AdagradConfig : OptimizerConfig
{
    /// <summary>κ.</summary>
    public float RateDecay { get; init; }

    /// <summary>ε.</summary>
    public float Epsilon { get; init; } = 1e-10f;

    /// <summary>What the sums of squares begin with.</summary>
    public float InitialSum { get; init; }

    /// <summary>λ.</summary>
    public float WeightDecay { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create() => new Adagrad(RateDecay, Epsilon, InitialSum, WeightDecay);
}
