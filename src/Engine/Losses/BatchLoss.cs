using CnnEngine.Graphs;

namespace CnnEngine.Losses;

/// <summary>A loss of the caller's own: reads a network's outputs, writes the derivatives by them.</summary>
/// <returns>The sum of the images' losses, not scaled.</returns>
public delegate double BatchLoss(in LossStep step);

/// <summary>Some images of a minibatch whose outputs have been computed and whose loss is to be taken.</summary>
public readonly ref struct LossStep
{
    private readonly Network _network;
    private readonly Workspace _workspace;

    internal LossStep(Network network, Workspace workspace, int firstImage)
    {
        (_network, _workspace, FirstImage) = (network, workspace, firstImage);
        for (int i = 0; i < network.OutputCount; i++) OutputGradient(i).Clear();
    }

    /// <summary>How many images there are.</summary>
    public int Images => _workspace.Images;

    /// <summary>The first one's place in the minibatch.</summary>
    public int FirstImage { get; }

    /// <summary>1/N for a minibatch of N: what derivatives are to be multiplied by for a loss that is averaged over the minibatch.</summary>
    public float Scale => _network.BatchScale;

    /// <summary>An output, Images × <see cref="Network.OutputShapeOf"/>.</summary>
    public ReadOnlySpan<float> Output(int number = 0) => _network.OutputRows(number, FirstImage, Images);

    /// <summary>∂loss/∂output, to be written; zeros at first.</summary>
    public Span<float> OutputGradient(int number = 0) => _network.OutputGradientOf(number, _workspace);
}
