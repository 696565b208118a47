namespace CnnEngine.Graphs;

/// <summary>What the random numbers of a pass follow from: never from how a batch is cut into parts or on which thread a part runs.</summary>
/// <param name="Seed">The network's seed.</param>
/// <param name="Step">Training steps done.</param>
/// <param name="FirstImage">The place of the pass's first image in the minibatch.</param>
internal readonly record struct StepOrigin(long Seed, long Step, int FirstImage)
{
    // Apart from the streams that parameters and the order of images begin with.
    private const ulong FirstStream = 1 << 24;

    /// <summary>The random numbers of one layer for one image.</summary>
    public SplitMix64 Random(int seat, int image) =>
        SplitMix64.For((ulong)Seed, FirstStream + (ulong)seat, ((ulong)Step << 32) + (ulong)(FirstImage + image));
}
