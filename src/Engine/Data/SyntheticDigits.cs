namespace CnnEngine.Data;

/// <summary>
/// Digits in the manner of MNIST that the program draws itself, so that there is something to learn without a download: 28×28, white
/// on black, several ways to write each digit, in an unsteady hand. Each image depends on the seed, its set and its number only, so
/// that any number of threads on any machine draws the same ones. They are no substitute for MNIST: results on them are not
/// comparable with results on it.
/// </summary>
public static class SyntheticDigits
{
    private const int Classes = 10;
    private const int BlockLength = 250; // images a thread draws at a time

    /// <summary>Draws a set to train with and a set to test with.</summary>
    /// <param name="seed">Chooses the digits; the same seed gives the same ones.</param>
    /// <param name="train">How many images to train with, at least 1.</param>
    /// <param name="test">How many images to test with, at least 1.</param>
    /// <param name="threads">The most threads to draw with, or −1 for as many as there are cores.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static TrainTest Generate(ulong seed = 1, int train = 60_000, int test = 10_000, int threads = -1)
    {
        CheckCount(train, nameof(train));
        CheckCount(test, nameof(test));
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads };
        (byte[] pixels, byte[] labels) = Draw(seed, part: 0, train, options);
        (byte[] testPixels, byte[] testLabels) = Draw(seed, part: 1, test, options);
        Normalization normalization = Normalization.Measure(pixels);
        Shape shape = new(1, Handwriting.Size, Handwriting.Size);
        return new TrainTest(
            new ByteImages("synthetic", shape, pixels, labels, Classes, normalization),
            new ByteImages("synthetic", shape, testPixels, testLabels, Classes, normalization));
    }

    private static (byte[] Pixels, byte[] Labels) Draw(ulong seed, ulong part, int count, ParallelOptions options)
    {
        const int ImageLength = Handwriting.Size * Handwriting.Size;
        byte[] pixels = new byte[count * ImageLength];
        byte[] labels = new byte[count];
        Parallel.For(0, (count + BlockLength - 1) / BlockLength, options, () => new Handwriting(), (block, _, hand) =>
        {
            for (int i = block * BlockLength; i < Math.Min(count, (block + 1) * BlockLength); i++)
            {
                SplitMix64 random = SplitMix64.For(seed, part, (ulong)i);
                labels[i] = (byte)random.Below(Classes);
                hand.Draw(labels[i], ref random, pixels.AsSpan(i * ImageLength, ImageLength));
            }
            return hand;
        }, _ => { });
        return (pixels, labels);
    }

    private static void CheckCount(int count, string name)
    {
        const int Most = IdxFile.MaxLength / (Handwriting.Size * Handwriting.Size);
        if (count is < 1 or > Most)
            throw new ArgumentOutOfRangeException(name, $"{count} images cannot be drawn; the number must be 1..{Most}");
    }
}
