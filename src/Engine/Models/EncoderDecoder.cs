using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// An encoder-decoder for segmentation in the manner of U-Net (O. Ronneberger, P. Fischer, T. Brox, 2015): strided convolutions halve the
/// image and double the channels, the decoder goes back up, and at each size sees the encoder's maps once more. The output is
/// <c>classes×H×W</c>.
/// </summary>
/// <remarks>It differs from U-Net in striding instead of max pooling, in padding (the output has the image's size), and in batch normalisation.</remarks>
public sealed record EncoderDecoder() : Model(new Shape(3, 128, 128), 2)
{
    /// <inheritdoc/>
    public override string Name => IsBilinear ? "encoder-decoder-bilinear" : "encoder-decoder";

    /// <summary>How often the image is halved; 4 if left out. Height and width must be multiples of 2 to this power.</summary>
    public int Depth { get; init; } = 4;

    /// <summary>Channels at full size; 64 if left out, times the width.</summary>
    public int Channels { get; init; } = 64;

    /// <summary>Whether the decoder enlarges bilinearly and then convolves (1×1) rather than by transposed convolutions; false if left out.</summary>
    public bool IsBilinear { get; init; }

    private protected override void Build(Graph graph)
    {
        Value x = Twice(graph.Input, "encoder0", Channels);
        Stack<Value> skips = [];
        for (int i = 1; i <= Depth; i++)
        {
            skips.Push(x);
            x = x.ConvNorm($"encoder{i}.down", $"encoder{i}.down.bn", Scaled(Channels << i), 3, 2, 1).Then(new ReLU());
            x = Twice(x, $"encoder{i}", Channels << i);
        }
        for (int i = Depth - 1; i >= 0; i--)
        {
            int channels = Scaled(Channels << i);
            x = IsBilinear
                ? x.Then(new Upsample(2, Interpolation.Bilinear)).Then(new Conv2d(channels, 1) { Name = $"decoder{i}.up" })
                : x.Then(new ConvTranspose2d(channels, 2, 2) { Name = $"decoder{i}.up" });
            x = Twice(Blocks.Concatenate(skips.Pop(), x), $"decoder{i}", Channels << i);
        }
        x.Then(new Conv2d(Classes, 1) { Name = "classifier" });
    }

    private Value Twice(Value x, string name, int channels) => x
        .ConvNorm($"{name}.conv1", $"{name}.bn1", Scaled(channels), 3, padding: 1).Then(new ReLU())
        .ConvNorm($"{name}.conv2", $"{name}.bn2", Scaled(channels), 3, padding: 1).Then(new ReLU());
}
