namespace CnnEngine.Data;

/// <summary>
/// Coloured shapes in the manner of CIFAR-10 that the program draws itself, so that there is something to learn without a download:
/// 3×32×32, ten classes told by form or texture, in any colours, places, sizes and tilts, on noisy backgrounds with other things about.
/// Each image depends on the seed, its set and its number only. They are no substitute for photographs: results on them are not comparable
/// with results on CIFAR-10.
/// </summary>
public static class SyntheticShapes
{
    /// <summary>What the classes are called, by their labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["disc", "ring", "square", "triangle", "cross", "crescent", "star", "frame", "stripes", "checks"];

    /// <summary>Draws a set to train with and a set to test with.</summary>
    /// <param name="seed">Chooses the images; the same seed gives the same ones.</param>
    /// <param name="train">How many images to train with, at least 1.</param>
    /// <param name="test">How many images to test with, at least 1.</param>
    /// <param name="threads">The most threads to draw with, or −1 for as many as there are cores.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static TrainTest Generate(ulong seed = 1, int train = 50_000, int test = 10_000, int threads = -1) =>
        DrawnImages.Generate("shapes", new Shape(3, ShapePainter.Size, ShapePainter.Size), ClassNames, () => ShapePainter.Draw, seed, train, test, threads);
}
