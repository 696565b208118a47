using CnnEngine.Data;

namespace CnnEngine.Analysis;

/// <summary>What a data set gives a network: the moments of its numbers, and how many images each class has.</summary>
/// <param name="Images">How many images were looked at.</param>
/// <param name="Mean">The mean of each channel, as the network sees it; about 0 if the data is normalised.</param>
/// <param name="Deviation">The standard deviation (of the population) of each channel; about 1.</param>
/// <param name="Labels">How many images, or labelled pixels, each class has.</param>
/// <param name="OutOfRange">The first image with a label that is not one of the classes, and the label; null if there is none.</param>
public sealed record DataSummary(
    int Images, IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation, IReadOnlyList<int> Labels, (int Image, int Label)? OutOfRange)
{
    private const int BatchSize = 64;

    // Apart from the streams of weights, order and augmentation.
    private const ulong SampleStream = 1 << 29;

    /// <summary>Looks at a data set, or at some of its images, picked at random, but the same every time.</summary>
    /// <param name="data">The data.</param>
    /// <param name="most">How many images at most; all if left out.</param>
    /// <param name="cancellation">Asked from time to time.</param>
    /// <exception cref="ArgumentException">The data set is empty.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DataSummary Of(IDataset data, int most = int.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        if (data.Count == 0) throw new ArgumentException($"{data.Name} has no images", nameof(data));
        int count = Math.Min(most, data.Count), channels = data.ImageShape[0], plane = data.ImageShape.Length / channels;
        float[] images = new float[BatchSize * data.ImageShape.Length];
        int[] labels = new int[BatchSize * data.LabelsPerImage], perClass = new int[data.Classes], sample = Sample(data, count);
        double[] sums = new double[channels], squares = new double[channels];
        (int, int)? outOfRange = null;
        for (int first = 0; first < count; first += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int batch = Math.Min(BatchSize, count - first);
            ReadOnlySpan<int> indices = sample.AsSpan(first, batch);
            data.Read(indices, images, labels);
            for (int i = 0; i < batch * channels; i++)
                foreach (float number in images.AsSpan(i * plane, plane))
                {
                    sums[i % channels] += number;
                    squares[i % channels] += (double)number * number;
                }
            for (int i = 0; i < batch * data.LabelsPerImage; i++)
            {
                if ((uint)labels[i] < (uint)perClass.Length) perClass[labels[i]]++;
                else outOfRange ??= (indices[i / data.LabelsPerImage], labels[i]);
            }
        }
        double numbers = (double)count * plane;
        double[] mean = Array.ConvertAll(sums, sum => sum / numbers);
        return new DataSummary(
            count, mean, [.. squares.Select((square, c) => Math.Sqrt(Math.Max(0, (square / numbers) - (mean[c] * mean[c]))))], perClass, outOfRange);
    }

    /// <summary>The numbers of some images in ascending order, picked at random.</summary>
    internal static int[] Sample(IDataset data, int count)
    {
        int[] order = [.. Enumerable.Range(0, data.Count)];
        if (count >= order.Length) return order;
        SplitMix64 random = SplitMix64.For(0, SampleStream, 0);
        random.Shuffle(order);
        int[] some = order[..count];
        Array.Sort(some);
        return some;
    }
}
