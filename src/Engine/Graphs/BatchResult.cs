namespace CnnEngine.Graphs;

/// <summary>What came of some images: sums, so that results of several batches can be added.</summary>
/// <param name="Loss">The sum of the images' losses.</param>
/// <param name="Correct">How many guesses (largest outputs) are at their label.</param>
/// <param name="Guesses">How many guesses there were: one for each image, or for each labelled pixel in segmentation.</param>
/// <param name="Images">How many images there were.</param>
public readonly record struct BatchResult(double Loss, int Correct, int Guesses, int Images)
{
    /// <summary>The loss of one image on average.</summary>
    public double MeanLoss => Loss / Images;

    /// <summary>The share of right guesses, 0 to 1.</summary>
    public double Accuracy => (double)Correct / Guesses;

    /// <summary>The results of both batches together.</summary>
    public static BatchResult operator +(BatchResult left, BatchResult right) => left.Add(right);

    /// <summary>The results of both batches together.</summary>
    public BatchResult Add(BatchResult other) => new(Loss + other.Loss, Correct + other.Correct, Guesses + other.Guesses, Images + other.Images);
}
