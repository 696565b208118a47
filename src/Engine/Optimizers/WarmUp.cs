namespace CnnEngine.Optimizers;

/// <summary>
/// Another schedule with a gentle beginning (P. Goyal et al., "Accurate, Large Minibatch SGD", 2017): in the first epochs its rate is
/// multiplied by a factor that grows evenly, step by step, to 1, as by PyTorch's LinearLR chained with it.
/// </summary>
/// <param name="schedule">The other schedule; it goes its own way from the first step on.</param>
/// <param name="epochs">How long the factor grows; not necessarily a whole number, above 0.</param>
/// <param name="start">The factor of the first step, above 0 and at most 1.</param>
public sealed class WarmUp(Schedule schedule, double epochs, float start = 1f / 3) : Schedule(PeakOf(schedule))
{
    private readonly double _epochs = epochs > 0 ? epochs : throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "a warm-up takes a number of epochs above 0");
    private readonly float _start = start is > 0 and <= 1 ? start : throw new ArgumentOutOfRangeException(nameof(start), start, "a warm-up starts with a factor above 0 and at most 1");

    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position)
    {
        double done = Math.Min(position.Step / (_epochs * position.StepsPerEpoch), 1);
        return (float)(schedule.Rate(position) * (_start + ((1 - _start) * done)));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{schedule}, warmed up in {_epochs} epochs";

    private static float PeakOf(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return schedule.Peak;
    }
}
