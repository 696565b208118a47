namespace CnnEngine.Graphs;

/// <summary>What comes of one part of a batch, whichever thread computes it.</summary>
/// <param name="gradients">Floats of gradients if the part adds up its own; 0 if the parameters' own gradients serve.</param>
internal sealed class BatchPart(long gradients)
{
    /// <summary>The part's sums of ∂loss/∂parameter; null if they go straight to the parameters.</summary>
    public AlignedMemory? Gradients { get; } = gradients > 0 ? new AlignedMemory(gradients) : null;

    /// <summary>The sum of the losses.</summary>
    public double Loss { get; set; }

    /// <summary>The number of right guesses.</summary>
    public int Correct { get; set; }

    /// <summary>The number of guesses.</summary>
    public int Guesses { get; set; }
}
