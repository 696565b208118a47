using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>A layer in its place in a network.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Input">The shape of one image of its (first) input.</param>
/// <param name="Output">The shape of one image of its output.</param>
/// <param name="Inputs">The layers whose outputs it reads, by their places in <see cref="Network.Layers"/>; −1 is the image.</param>
public sealed record NetworkLayer(string Name, Layer Layer, Shape Input, Shape Output, IReadOnlyList<int> Inputs)
{
    /// <summary>How many numbers it learns; none of its own if it shares another layer's.</summary>
    public long ParameterCount => Layer.SharesWith is not null ? 0 : Layer.Parameters.Sum(p => (long)p.Shape.Length);

    /// <summary>Multiply-adds of one image's forward pass.</summary>
    public long MultiplyAdds => Layer.MultiplyAdds(Input, Output);
}
