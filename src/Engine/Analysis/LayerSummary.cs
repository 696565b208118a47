using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>What a layer costs and sees in its place in a network; all numbers for one image.</summary>
public sealed record LayerSummary
{
    /// <summary>Its name in the network.</summary>
    public required string Name { get; init; }

    /// <summary>Its type and options, as in <c>Conv2d(6, 5×5, padding 2)</c>.</summary>
    public required string Options { get; init; }

    /// <summary>The names of the layers that it reads; <c>input</c> is the image.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The shape of its output.</summary>
    public required Shape Output { get; init; }

    /// <summary>How many numbers it learns; none of its own if it shares another layer's.</summary>
    public required long Parameters { get; init; }

    /// <summary>How many learnt numbers, its own or another layer's, it uses that are not biases.</summary>
    public required long Weights { get; init; }

    /// <summary>Multiply-adds, and operations by both conventions.</summary>
    public required LayerCost Cost { get; init; }

    /// <summary>Its share of the network's parameters, 0 to 1.</summary>
    public required double ShareOfParameters { get; init; }

    /// <summary>Its share of the network's multiply-adds, 0 to 1.</summary>
    public required double ShareOfCompute { get; init; }

    /// <summary>What one place of its output sees of the image; null if the network's input is not C×H×W.</summary>
    public required ReceptiveField? Field { get; init; }

    /// <summary>Bytes of its output, which other layers' may share.</summary>
    public long ActivationBytes => (long)Output.Length * sizeof(float);

    /// <summary>
    /// Multiply-adds for each weight: <c>H'·W'</c> for a convolution, 1 for a fully connected layer, and as many times more for a batch as it
    /// has images. Null where nothing is multiplied by weights.
    /// </summary>
    public double? Cpr => Cost.MultiplyAdds > 0 && Weights > 0 ? (double)Cost.MultiplyAdds / Weights : null;
}
