namespace CnnEngine.Interchange.TensorBoard;

/// <summary>
/// The histogram that TensorFlow writes: buckets between limits of 10⁻¹² · 1.1ᵏ up to 10²⁰, the same below 0, and 0. A bucket holds what is
/// less than its limit and not less than the one before it.
/// </summary>
internal static class HistogramBuckets
{
    private static readonly double[] Limits = MakeLimits();

    /// <summary>A histogram of the numbers that are finite; null if there are none.</summary>
    public static HistogramProto? Of(ReadOnlySpan<float> numbers)
    {
        HistogramProto histogram = new() { Min = double.MaxValue, Max = -double.MaxValue };
        long[] counts = new long[Limits.Length];
        foreach (float number in numbers)
        {
            if (!float.IsFinite(number)) continue;
            int index = Array.BinarySearch(Limits, number);
            counts[index >= 0 ? index + 1 : ~index]++;
            histogram.Min = Math.Min(histogram.Min, number);
            histogram.Max = Math.Max(histogram.Max, number);
            histogram.Num++;
            histogram.Sum += number;
            histogram.SumSquares += (double)number * number;
        }
        if (histogram.Num == 0) return null;
        for (int i = 0; i < counts.Length; i++)
        {
            // Empty buckets side by side are written as one.
            if (counts[i] == 0)
                while (i + 1 < counts.Length && counts[i + 1] == 0) i++;
            histogram.BucketLimit.Add(Limits[i]);
            histogram.Bucket.Add(counts[i]);
        }
        return histogram;
    }

    private static double[] MakeLimits()
    {
        List<double> positive = [];
        for (double limit = 1e-12; limit < 1e20; limit *= 1.1) positive.Add(limit);
        positive.Add(double.MaxValue);
        return [.. positive.AsEnumerable().Reverse().Select(limit => -limit), 0, .. positive];
    }
}
