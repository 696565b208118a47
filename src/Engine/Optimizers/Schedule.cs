using CnnEngine.Training;

namespace CnnEngine.Optimizers;

/// <summary>Where training stands before a step.</summary>
/// <param name="Step">Steps done, from 0.</param>
/// <param name="StepsPerEpoch">Steps of one epoch.</param>
/// <param name="Epochs">Epochs of the whole training.</param>
/// <param name="Results">What came of the epochs done, for schedules that follow it; null if nobody keeps it.</param>
public readonly record struct TrainingPosition(long Step, long StepsPerEpoch, int Epochs, IReadOnlyList<EpochResult>? Results = null)
{
    /// <summary>Epochs done, from 0.</summary>
    public int Epoch => (int)(Step / StepsPerEpoch);

    /// <summary>Steps of the whole training.</summary>
    public long TotalSteps => StepsPerEpoch * Epochs;
}

/// <summary>A learning rate that follows the progress of training.</summary>
public abstract class Schedule
{
    private protected Schedule(float rate)
    {
        if (!(rate > 0) || !float.IsFinite(rate)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "a learning rate is a number above 0");
        Peak = rate;
    }

    /// <summary>The (highest) learning rate.</summary>
    public float Peak { get; }

    /// <summary>η of the next step.</summary>
    public abstract float Rate(in TrainingPosition position);

    // From 1 at the beginning to 0 at the end of a stretch, along half a cosine.
    private protected static double CosineDown(double progress) => 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1)));
}

/// <summary>The same learning rate throughout.</summary>
/// <param name="rate">η, above 0.</param>
public sealed class ConstantRate(float rate) : Schedule(rate)
{
    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position) => Peak;

    /// <inheritdoc/>
    public override string ToString() => $"constant {Peak}";
}

/// <summary>
/// A learning rate that falls to zero along half a cosine (I. Loshchilov, F. Hutter, "SGDR", 2017, without restarts).
/// </summary>
/// <param name="rate">η at the beginning, above 0.</param>
public sealed class Cosine(float rate) : Schedule(rate)
{
    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position) => (float)(Peak * CosineDown((double)position.Step / position.TotalSteps));

    /// <inheritdoc/>
    public override string ToString() => $"cosine from {Peak}";
}

/// <summary>
/// One cycle (L. Smith, N. Topin, "Super-Convergence", 2018), as PyTorch's OneCycleLR: from peak/25 up to the peak in the first
/// three tenths of the steps, then down to peak/250,000, both along half a cosine.
/// </summary>
/// <param name="rate">The highest η, above 0.</param>
public sealed class OneCycle(float rate) : Schedule(rate)
{
    private const double WarmUp = 0.3;
    private const double StartDivisor = 25;
    private const double EndDivisor = 1e4;

    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position)
    {
        double start = Peak / StartDivisor, end = start / EndDivisor;
        double top = (WarmUp * position.TotalSteps) - 1, last = position.TotalSteps - 1;
        double rate = position.Step <= top
            ? Peak + ((start - Peak) * CosineDown(top > 0 ? position.Step / top : 1))
            : end + ((Peak - end) * CosineDown((position.Step - top) / (last - top)));
        return (float)rate;
    }

    /// <inheritdoc/>
    public override string ToString() => $"one-cycle to {Peak}";
}
