using CnnEngine.Data;

namespace CnnEngine.Bench.Compare;

/// <summary>What contests train on, and what they ask of a training.</summary>
internal static class ContestData
{
    /// <summary>Finds MNIST in the folder that was named or in the usual places, and says which it is.</summary>
    public static TrainTest Locate(string? directory, CancellationToken cancellation)
    {
        LocatedData located = new DataLocator().LocateAsync(directory, cancellation: cancellation).GetAwaiter().GetResult();
        Console.WriteLine($"data: {located.Origin}");
        return located.Sets;
    }

    /// <summary>
    /// One epoch teaches any ten classes better than half of the images, even Fashion-MNIST's; a program that learns nothing is not fast.
    /// </summary>
    /// <exception cref="PeerFailedException">It learnt nothing.</exception>
    public static void CheckLearnt(string who, double accuracy)
    {
        if (!(accuracy > 0.5)) throw new PeerFailedException($"{who} guesses {accuracy:P1} right after an epoch: this is no training to time");
    }
}
