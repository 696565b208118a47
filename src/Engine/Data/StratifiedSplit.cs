namespace CnnEngine.Data;

/// <summary>
/// Parts images into some to train with and some to validate with, class by class, so that both have the classes in the same proportions. Which
/// go where follows from the seed alone.
/// </summary>
public static class StratifiedSplit
{
    // Apart from the streams that parameters begin with, that of the images' order, and those of augmentation.
    private const ulong Stream = 3UL << 32;

    /// <summary>Parts images by their labels.</summary>
    /// <param name="labels">The class of each image, from 0.</param>
    /// <param name="share">
    /// The validation part's share of each class, between 0 and 1; rounded, but of two images or more of a class at least one goes either way.
    /// </param>
    /// <param name="seed">Chooses the images.</param>
    /// <returns>The images' numbers, rising in both parts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1, or a label is negative.</exception>
    public static (int[] Train, int[] Validation) Of(ReadOnlySpan<int> labels, double share, long seed = 1)
    {
        if (!(share > 0 && share < 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "the share to validate with must be between 0 and 1");
        int classes = 0;
        foreach (int label in labels)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(label, nameof(labels));
            classes = Math.Max(classes, label + 1);
        }
        List<int>[] images = [.. Enumerable.Range(0, classes).Select(_ => new List<int>())];
        for (int i = 0; i < labels.Length; i++) images[labels[i]].Add(i);
        bool[] isValidation = new bool[labels.Length];
        for (int label = 0; label < classes; label++)
        {
            int[] order = [.. images[label]];
            SplitMix64.For((ulong)seed, Stream, (ulong)label).Shuffle(order);
            int count = order.Length < 2 ? 0 : Math.Clamp((int)Math.Round(order.Length * share), 1, order.Length - 1);
            foreach (int image in order.AsSpan(0, count)) isValidation[image] = true;
        }
        int[] all = [.. Enumerable.Range(0, labels.Length)];
        return (Array.FindAll(all, i => !isValidation[i]), Array.FindAll(all, i => isValidation[i]));
    }
}
