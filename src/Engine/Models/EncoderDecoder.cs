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
        if (Depth is < 0 or > 16) throw new ArgumentException($"{Name}: the depth is {Depth}; it must be from 0 to 16");
        if (Channels < 1) throw new ArgumentException($"{Name}: the number of channels is {Channels}; it must be at least 1");
        if (Input.Rank == 3 && (Input[1] % (1 << Depth) != 0 || Input[2] % (1 << Depth) != 0))
            throw new ArgumentException($"{Name}: the input is {Input}; its height and width must be multiples of {1 << Depth}, so that they can be halved {Depth} times");
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
