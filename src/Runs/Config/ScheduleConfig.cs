using System.Text.Json.Serialization;
using CnnEngine.Optimizers;

namespace CnnEngine.Runs;

/// <summary>How the learning rate goes; the JSON's <c>kind</c> says along which curve.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = ConfigReader.Kind)]
[JsonDerivedType(typeof(ConstantConfig), "constant")]
[JsonDerivedType(typeof(CosineConfig), "cosine")]
[JsonDerivedType(typeof(OneCycleConfig), "one-cycle")]
[JsonDerivedType(typeof(StepConfig), "step")]
[JsonDerivedType(typeof(MultiStepConfig), "multi-step")]
[JsonDerivedType(typeof(ExponentialConfig), "exponential")]
[JsonDerivedType(typeof(PlateauConfig), "plateau")]
public abstract record ScheduleConfig
{
    /// <summary>The highest learning rate η, above 0.</summary>
    public float Rate { get; init; } = 0.01f;

    /// <summary>A gentle beginning; null for none.</summary>
    public WarmUpConfig? WarmUp { get; init; }

    /// <summary>Whether the curve is stretched over all epochs, so that another number of them makes it another curve.</summary>
    internal virtual bool SpansTraining => false;

    /// <summary>The schedule with these options.</summary>
    /// <exception cref="ArgumentException">An option is out of range; it is the exception's parameter.</exception>
    public Schedule Create() => WarmUp is null ? Curve() : new WarmUp(Curve(), WarmUp.Epochs, WarmUp.Start);

    private protected abstract Schedule Curve();
}

/// <summary>A gentle beginning: <see cref="Optimizers.WarmUp"/>.</summary>
public sealed record WarmUpConfig
{
    /// <summary>How long the factor grows; not necessarily a whole number.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>The factor of the first step.</summary>
    public float Start { get; init; } = 1f / 3;
}

/// <summary><see cref="ConstantRate"/>.</summary>
public sealed record ConstantConfig : ScheduleConfig
{
    private protected override Schedule Curve() => new ConstantRate(Rate);
}

/// <summary><see cref="Cosine"/>.</summary>
public sealed record CosineConfig : ScheduleConfig
{
    internal override bool SpansTraining => true;

    private protected override Schedule Curve() => new Cosine(Rate);
}

/// <summary><see cref="OneCycle"/>.</summary>
public sealed record OneCycleConfig : ScheduleConfig
{
    internal override bool SpansTraining => true;

    private protected override Schedule Curve() => new OneCycle(Rate);
}

/// <summary><see cref="StepDecay"/>.</summary>
public sealed record StepConfig : ScheduleConfig
{
    /// <summary>Epochs from one step down to the next.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>What the rate is multiplied by.</summary>
    public float Factor { get; init; } = 0.1f;

    private protected override Schedule Curve() => new StepDecay(Rate, Epochs, Factor);
}

/// <summary><see cref="MultiStepDecay"/>.</summary>
public sealed record MultiStepConfig : ScheduleConfig
{
    /// <summary>How many epochs are done at each step down, in rising order.</summary>
    public int[] Epochs { get; init; } = [];

    /// <summary>What the rate is multiplied by.</summary>
    public float Factor { get; init; } = 0.1f;

    private protected override Schedule Curve() => new MultiStepDecay(Rate, Epochs, Factor);
}

/// <summary><see cref="ExponentialDecay"/>.</summary>
public sealed record ExponentialConfig : ScheduleConfig
{
    /// <summary>What the rate is multiplied by after every epoch.</summary>
    public float Factor { get; init; } = 0.9f;

    private protected override Schedule Curve() => new ExponentialDecay(Rate, Factor);
}

/// <summary><see cref="PlateauDecay"/>.</summary>
public sealed record PlateauConfig : ScheduleConfig
{
    /// <summary>What the rate is multiplied by.</summary>
    public float Factor { get; init; } = 0.1f;

    /// <summary>How many epochs in a row may go by without a lower loss.</summary>
    public int Patience { get; init; } = 10;

    /// <summary>By which share of itself the least loss must fall to count as a fall.</summary>
    public float Threshold { get; init; } = 1e-4f;

    /// <summary>The rate does not go below this number.</summary>
    public float Least { get; init; }

    private protected override Schedule Curve() => new PlateauDecay(Rate, Factor, Patience, Threshold, Least);
}
