namespace CnnEngine.Data;

/// <summary>
/// Digits in the manner of MNIST that the program draws itself, so that there is something to learn without a download: 28×28, white
/// on black, several ways to write each digit, in an unsteady hand. Each image depends on the seed, its set and its number only, so
/// that any number of threads on any machine draws the same ones. They are no substitute for MNIST: results on them are not
/// comparable with results on it.
/// </summary>
public static class SyntheticDigits
{
    /// <summary>Draws a set to train with and a set to test with.</summary>
    /// <param name="seed">Chooses the digits; the same seed gives the same ones.</param>
    /// <param name="train">How many images to train with, at least 1.</param>
    /// <param name="test">How many images to test with, at least 1.</param>
    /// <param name="threads">The most threads to draw with, or −1 for as many as there are cores.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static TrainTest Generate(ulong seed = 1, int train = 60_000, int test = 10_000, int threads = -1) =>
        DrawnImages.Generate("synthetic", new Shape(1, Handwriting.Size, Handwriting.Size), Mnist.Digits, () => new Handwriting().Draw, seed, train, test, threads);
}
