using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using static CnnEngine.Models.Blocks;

namespace CnnEngine.Models;

/// <summary>
/// Inception-v4 (C. Szegedy, S. Ioffe, V. Vanhoucke, A. Alemi, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
/// Learning", 2017, figures 3 to 9). "Valid" in a figure is no padding here; every convolution has batch normalisation and ReLU.
/// </summary>
public sealed record InceptionV4() : Model(new Shape(3, 299, 299), 1000)
{
    /// <inheritdoc/>
    public override string Name => "inception-v4";

    private protected override void Build(Graph graph)
    {
        Value x = Stem(graph.Input);
        for (int i = 1; i <= 4; i++) x = A(x, $"a{i}");
        x = ReductionA(x);
        for (int i = 1; i <= 7; i++) x = B(x, $"b{i}");
        x = ReductionB(x);
        for (int i = 1; i <= 3; i++) x = C(x, $"c{i}");
        x.Then(new GlobalMeanPool2d()).Then(new Flatten()).Drop(Share(0.2f)).Then(new Linear(Classes) { Name = "fc" });
    }

    private Value Stem(Value image)
    {
        Value x = Unit(Unit(Unit(image, "stem.1", 32, 3, 2, default), "stem.2", 32, 3, 1, default), "stem.3", 64, 3);
        x = Concatenate(x.Then(new MaxPool2d(3, 2)), Unit(x, "stem.4", 96, 3, 2, default));
        x = Concatenate(
            Unit(Unit(x, "stem.5a.1", 64, 1), "stem.5a.2", 96, 3, 1, default),
            Unit(Unit(Unit(Unit(x, "stem.5b.1", 64, 1), "stem.5b.2", 64, (7, 1)), "stem.5b.3", 64, (1, 7)), "stem.5b.4", 96, 3, 1, default));
        return Concatenate(Unit(x, "stem.6", 192, 3, 2, default), x.Then(new MaxPool2d(3, 2)));
    }

    private Value A(Value x, string name) => Concatenate(
        Unit(Mean(x), $"{name}.pool", 96, 1),
        Unit(x, $"{name}.1x1", 96, 1),
        Unit(Unit(x, $"{name}.3x3.1", 64, 1), $"{name}.3x3.2", 96, 3),
        Unit(Unit(Unit(x, $"{name}.5x5.1", 64, 1), $"{name}.5x5.2", 96, 3), $"{name}.5x5.3", 96, 3));

    private Value ReductionA(Value x) => Concatenate(
        x.Then(new MaxPool2d(3, 2)),
        Unit(x, "reduction-a.3x3", 384, 3, 2, default),
        Unit(Unit(Unit(x, "reduction-a.5x5.1", 192, 1), "reduction-a.5x5.2", 224, 3), "reduction-a.5x5.3", 256, 3, 2, default));

    private Value B(Value x, string name) => Concatenate(
        Unit(Mean(x), $"{name}.pool", 128, 1),
        Unit(x, $"{name}.1x1", 384, 1),
        Unit(Unit(Unit(x, $"{name}.7x7.1", 192, 1), $"{name}.7x7.2", 224, (1, 7)), $"{name}.7x7.3", 256, (7, 1)),
        Unit(Unit(Unit(Unit(Unit(x, $"{name}.13x13.1", 192, 1), $"{name}.13x13.2", 192, (1, 7)), $"{name}.13x13.3", 224, (7, 1)),
            $"{name}.13x13.4", 224, (1, 7)), $"{name}.13x13.5", 256, (7, 1)));

    private Value ReductionB(Value x) => Concatenate(
        x.Then(new MaxPool2d(3, 2)),
        Unit(Unit(x, "reduction-b.3x3.1", 192, 1), "reduction-b.3x3.2", 192, 3, 2, default),
        Unit(Unit(Unit(Unit(x, "reduction-b.7x7.1", 256, 1), "reduction-b.7x7.2", 256, (1, 7)), "reduction-b.7x7.3", 320, (7, 1)),
            "reduction-b.7x7.4", 320, 3, 2, default));

    private Value C(Value x, string name)
    {
        Value threes = Unit(x, $"{name}.3x3", 384, 1);
        Value fives = Unit(Unit(Unit(x, $"{name}.5x5.1", 384, 1), $"{name}.5x5.2", 448, (1, 3)), $"{name}.5x5.3", 512, (3, 1));
        return Concatenate(
            Unit(Mean(x), $"{name}.pool", 256, 1),
            Unit(x, $"{name}.1x1", 256, 1),
            Unit(threes, $"{name}.3x3.row", 256, (1, 3)), Unit(threes, $"{name}.3x3.column", 256, (3, 1)),
            Unit(fives, $"{name}.5x5.column", 256, (3, 1)), Unit(fives, $"{name}.5x5.row", 256, (1, 3)));
    }

    private static Value Mean(Value x) => x.Then(new MeanPool2d(3, 1, padding: 1) { CountPadding = false });

    private Value Unit(Value x, string name, int filters, Size2 filter) => Unit(x, name, filters, filter, 1, Padding.Same);

    private Value Unit(Value x, string name, int filters, Size2 filter, Size2 stride, Padding padding) =>
        x.ConvNorm(name, $"{name}.bn", Scaled(filters), filter, stride, padding).Then(new ReLU());
}
