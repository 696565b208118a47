namespace CnnEngine.Training;

/// <summary>
/// Ends a training that no longer gets better (L. Prechelt, "Early Stopping — But When?", 1998). It follows from the results of the
/// epochs alone.
/// </summary>
public sealed record EarlyStopping
{
    private readonly int _patience = 5;
    private readonly double _leastChange;

    /// <summary>What the epochs are compared by; the loss if left out.</summary>
    public EpochMetric Metric { get; init; } = EpochMetric.Loss;

    /// <summary>After how many epochs in a row without a better one training stops, as in Keras; 1 or more, 5 if left out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int Patience
    {
        get => _patience;
        init => _patience = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "patience is 1 epoch or more");
    }

    /// <summary>By how much more an epoch must be better than the best one to count as better; 0 or more, 0 if left out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or no finite number.</exception>
    public double LeastChange
    {
        get => _leastChange;
        init => _leastChange = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "the least change is 0 or more");
    }

    /// <summary>Whether training is to stop after these epochs.</summary>
    public bool IsOver(IReadOnlyList<EpochResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return results.Count - 1 - results.Best(Metric, LeastChange) >= Patience;
    }
}
