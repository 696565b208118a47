namespace CnnEngine.Analysis;

/// <summary>
/// The bytes that a compiled network takes for its numbers. Not counted: the optimiser's (one number for each parameter with momentum, two
/// with Adam), the kernels' working memory, and the data set.
/// </summary>
/// <param name="Parameters">Parameters, and numbers that are kept without being learnt.</param>
/// <param name="Gradients">One number for each parameter that is learnt.</param>
/// <param name="BetweenLayers">
/// Activations, their gradients and what layers keep for the backward pass, laid over one another where they never live together, for as
/// many threads as there are; and parts' sums of gradients (<see cref="Graphs.Network.PlannedBytes"/>).
/// </param>
/// <param name="Batch">The batch's images, its outputs, and ∂loss/∂image if that is wanted.</param>
public sealed record MemorySummary(long Parameters, long Gradients, long BetweenLayers, long Batch)
{
    /// <summary>All of them.</summary>
    public long Total => Parameters + Gradients + BetweenLayers + Batch;
}
