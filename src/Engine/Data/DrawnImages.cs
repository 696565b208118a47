namespace CnnEngine.Data;

/// <summary>Draws an image of a class as the random numbers have it.</summary>
/// <param name="label">The class.</param>
/// <param name="random">Where all chance comes from.</param>
/// <param name="image">Receives C×H×W pixels.</param>
internal delegate void Painter(int label, ref SplitMix64 random, Span<byte> image);

/// <summary>
/// Sets that the program draws itself. Each image depends on the seed, its set and its number only, so that any number of threads on any
/// machine draws the same ones: painters keep to single additions, multiplications, divisions and square roots, which IEEE 754 defines
/// to the last bit.
/// </summary>
internal static class DrawnImages
{
    private const int BlockLength = 250; // images a thread draws at a time

    /// <summary>Draws a set to train with and a set to test with, labels at random.</summary>
    /// <param name="name">What to call both.</param>
    /// <param name="shape">The shape of one image, C×H×W.</param>
    /// <param name="classNames">What the classes are called.</param>
    /// <param name="painter">Makes a painter for a thread of its own.</param>
    /// <param name="seed">Chooses the images.</param>
    /// <param name="train">How many images to train with, at least 1.</param>
    /// <param name="test">How many images to test with, at least 1.</param>
    /// <param name="threads">The most threads to draw with, or −1 for as many as there are cores.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static TrainTest Generate(string name, Shape shape, IReadOnlyList<string> classNames, Func<Painter> painter, ulong seed, int train, int test, int threads)
    {
        CheckCount(train, shape, nameof(train));
        CheckCount(test, shape, nameof(test));
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads };
        (byte[] pixels, byte[] labels) = Draw(part: 0, train);
        (byte[] testPixels, byte[] testLabels) = Draw(part: 1, test);
        Normalization normalization = Normalization.Measure(pixels, shape);
        return new TrainTest(
            new ByteImages(name, shape, pixels, labels, classNames.Count, normalization, classNames),
            new ByteImages(name, shape, testPixels, testLabels, classNames.Count, normalization, classNames));

        (byte[] Pixels, byte[] Labels) Draw(ulong part, int count)
        {
            byte[] pixels = new byte[count * shape.Length], labels = new byte[count];
            Parallel.For(0, (count + BlockLength - 1) / BlockLength, options, painter, (block, _, paint) =>
            {
                for (int i = block * BlockLength; i < Math.Min(count, (block + 1) * BlockLength); i++)
                {
                    SplitMix64 random = SplitMix64.For(seed, part, (ulong)i);
                    labels[i] = (byte)random.Below(classNames.Count);
                    paint(labels[i], ref random, pixels.AsSpan(i * shape.Length, shape.Length));
                }
                return paint;
            }, _ => { });
            return (pixels, labels);
        }
    }

    private static void CheckCount(int count, Shape shape, string name)
    {
        int most = IdxFile.MaxLength / shape.Length;
        if (count < 1 || count > most)
            throw new ArgumentOutOfRangeException(name, $"{count} images cannot be drawn; the number must be 1..{most}");
    }
}
