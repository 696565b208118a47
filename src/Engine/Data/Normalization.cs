namespace CnnEngine.Data;

/// <summary>
/// Turns a pixel <c>b</c> of 0 to 255 into <c>(b/255 − mean)/deviation</c>, so that a network's inputs have mean 0 and variance 1,
/// as LeCun et al., "Efficient BackProp" (1998), section 4.3, advises. Measured on the training images, used on all.
/// </summary>
/// <param name="Mean">The mean of the pixels divided by 255.</param>
/// <param name="Deviation">Their standard deviation (of the population: divided by n), above 0.</param>
public readonly record struct Normalization(float Mean, float Deviation)
{
    private const int Levels = 256;

    /// <summary>The mean and the deviation of all pixels of a set; the deviation is 1 where all pixels are equal.</summary>
    /// <param name="pixels">The pixels of all images, at least one.</param>
    /// <exception cref="ArgumentException">There are no pixels.</exception>
    public static Normalization Measure(ReadOnlySpan<byte> pixels)
    {
        if (pixels.IsEmpty) throw new ArgumentException("no pixels to measure the mean and the deviation of", nameof(pixels));
        double sum = 0, squares = 0;
        ReadOnlySpan<int> histogram = Histogram(pixels);
        for (int level = 0; level < Levels; level++)
        {
            sum += (double)histogram[level] * level;
            squares += (double)histogram[level] * level * level;
        }
        double mean = sum / pixels.Length;
        // Whole numbers below 2⁵³ all the way to the division, so that the difference is exact enough to see "no contrast" as 0.
        double variance = Math.Max(0, (squares / pixels.Length) - (mean * mean));
        double deviation = histogram.Contains(pixels.Length) ? 255 : Math.Sqrt(variance);
        return new Normalization((float)(mean / 255), (float)(deviation / 255));
    }

    /// <summary>One pixel, normalised.</summary>
    public float Apply(byte pixel) => (float)(((pixel / 255.0) - Mean) / Deviation);

    /// <summary>All 256 levels, normalised.</summary>
    internal float[] Table()
    {
        float[] table = new float[Levels];
        for (int level = 0; level < Levels; level++) table[level] = Apply((byte)level);
        return table;
    }

    private static int[] Histogram(ReadOnlySpan<byte> pixels)
    {
        // Four histograms side by side: most pixels are black, and one counter would wait for its own last addition each time.
        int[] counts = new int[4 * Levels];
        int i = 0;
        for (; i <= pixels.Length - 4; i += 4)
        {
            counts[pixels[i]]++;
            counts[Levels + pixels[i + 1]]++;
            counts[(2 * Levels) + pixels[i + 2]]++;
            counts[(3 * Levels) + pixels[i + 3]]++;
        }
        for (; i < pixels.Length; i++) counts[pixels[i]]++;

        int[] histogram = new int[Levels];
        for (int level = 0; level < Levels; level++)
            histogram[level] = counts[level] + counts[Levels + level] + counts[(2 * Levels) + level] + counts[(3 * Levels) + level];
        return histogram;
    }
}
