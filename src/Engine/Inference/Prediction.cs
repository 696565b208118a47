namespace CnnEngine.Inference;

/// <summary>A class that a picture may be of.</summary>
/// <param name="Class">Its number: the place in the network's output.</param>
/// <param name="Name">What it is called; its number, if nobody has said.</param>
/// <param name="Confidence">The network's estimate of its probability, 0 to 1.</param>
public readonly record struct Candidate(int Class, string Name, float Confidence);

/// <summary>What a network takes a picture for.</summary>
/// <param name="Candidates">The most likely classes, the likeliest first.</param>
public sealed record Prediction(IReadOnlyList<Candidate> Candidates)
{
    /// <summary>The likeliest class.</summary>
    public Candidate Best => Candidates[0];
}
