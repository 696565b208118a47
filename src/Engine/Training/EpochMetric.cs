using CnnEngine.Graphs;

namespace CnnEngine.Training;

/// <summary>What epochs are compared by: of the test images, or of the training images where there are none.</summary>
public enum EpochMetric
{
    /// <summary>The mean loss; less is better.</summary>
    Loss,

    /// <summary>The share of right guesses; more is better.</summary>
    Accuracy,
}

/// <summary>Comparisons of epochs. They look at nothing but results, so that a training that is resumed has to keep nothing else for them.</summary>
public static class EpochMetrics
{
    /// <summary>The number that an epoch is compared by.</summary>
    public static double Of(this EpochMetric metric, EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        BatchResult images = result.Test ?? result.Train;
        return metric == EpochMetric.Loss ? images.MeanLoss : images.Accuracy;
    }

    /// <summary>
    /// The best epoch, and of equals the first; null if there is none, or none with a number. Inside an epoch callback
    /// <c>trainer.State.Results.Best(metric) == result</c> says whether the epoch just over is the best so far.
    /// </summary>
    public static EpochResult? Best(this IReadOnlyList<EpochResult> results, EpochMetric metric) =>
        results.Best(metric, leastChange: 0) is var place and >= 0 ? results[place] : null;

    /// <summary>The place of the last epoch that was better than the best before it by more than <paramref name="leastChange"/>, or −1.</summary>
    internal static int Best(this IReadOnlyList<EpochResult> results, EpochMetric metric, double leastChange)
    {
        int place = -1;
        for (int i = 0; i < results.Count; i++)
        {
            double value = metric.Of(results[i]);
            // Any comparison with NaN is false: an epoch without a number is never better.
            bool isBetter = place < 0
                ? !double.IsNaN(value)
                : (metric == EpochMetric.Loss ? metric.Of(results[place]) - value : value - metric.Of(results[place])) > leastChange;
            if (isBetter) place = i;
        }
        return place;
    }
}
