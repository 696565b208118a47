namespace CnnEngine.Analysis;

/// <summary>How well one class is found, or all of them on average: numbers from 0 to 1, and 0 where there is nothing to divide by.</summary>
/// <param name="Precision">The share of the guesses of this class that are right.</param>
/// <param name="Recall">The share of the class's images that are found.</param>
/// <param name="F1">Their harmonic mean, <c>2·P·R/(P + R)</c>.</param>
/// <param name="Images">How many images belong to the class.</param>
/// <param name="Guesses">How many were taken for it.</param>
public sealed record ClassMetrics(double Precision, double Recall, double F1, int Images, int Guesses)
{
    /// <summary>The metrics of so many right guesses.</summary>
    internal static ClassMetrics Of(int right, int images, int guesses) =>
        new(Ratio(right, guesses), Ratio(right, images), Ratio(2.0 * right, images + guesses), images, guesses);

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}

/// <summary>An image that was taken for another class than its own.</summary>
/// <param name="Index">Its number in the data set.</param>
/// <param name="Label">Its class.</param>
/// <param name="Guess">The class that it was taken for.</param>
/// <param name="Confidence">The guess's probability.</param>
public sealed record WrongGuess(int Index, int Label, int Guess, double Confidence);
