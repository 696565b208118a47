using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>How much each pixel counts.</summary>
public class EffectiveFieldTests
{
    private static readonly NetworkOptions Options = new() { BatchSize = 4, InputGradient = true };

    [Fact]
    public void A_networks_running_means_stay_what_they_are()
    {
        BatchNorm2d norm = new();
        Network network = new Sequential { norm, new Conv2d(1, 3, padding: 1) }.Compile(new Shape(1, 5, 5), Options);
        norm.RunningMean!.Value.Span[0] = 3;
        EffectiveField.Of(network, images: 8);
        Assert.Equal((3, 1), (norm.RunningMean.Value.Span[0], norm.RunningVariance!.Value.Span[0]));
    }

    // Filters of ones: the gradient counts the paths, trinomial coefficients along both axes.
    [Fact]
    public void Filters_of_ones_give_the_number_of_paths()
    {
        const int Depth = 5, Size = 15;
        Network network = Some.Chain(Enumerable.Range(0, Depth).Select(_ => new Conv2d(1, 3, padding: 1))).Compile(new Shape(1, Size, Size), Options);
        foreach (Parameter parameter in network.Parameters) parameter.Value.Span.Fill(parameter.Name == "bias" ? 0 : 1);
        EffectiveField field = EffectiveField.Of(network, images: 3);
        Tensor map = field.Map;
        Assert.Equal((Size, Size, 1, byte.MaxValue), (field.ToPicture().Width, field.ToPicture().Height, field.ToPicture().Channels, field.ToPicture().Bytes[(7 * Size) + 7]));
        double[] paths = [1];
        for (int i = 0; i < Depth; i++)
            paths = [.. Enumerable.Range(0, paths.Length + 2).Select(at => paths.Where((_, j) => at - j is >= 0 and < 3).Sum())];
        Assert.Equal([1, 5, 15, 30, 45, 51, 45, 30, 15, 5, 1], paths);
        for (int h = 0; h < Size; h++)
            for (int w = 0; w < Size; w++)
            {
                double expected = At(h) * At(w) / (51 * 51);
                Assert.Equal(expected, map.Span[(h * Size) + w], 1e-6);
            }

        double At(int place) => place - 2 is >= 0 and < 11 and int i ? paths[i] : 0;
    }

    // Luo et al.: it grows like the root of the depth, the receptive field like the depth itself.
    [Fact]
    public void It_grows_more_slowly_than_the_receptive_field()
    {
        double shallow = Size(5), deep = Size(20);
        Assert.InRange(deep / shallow, 1.5, 2.5);
        Assert.InRange(deep, 10, 41 * 0.7);

        static double Size(int depth)
        {
            Layer[] layers = [.. Enumerable.Range(0, depth).Select(_ => new Conv2d(4, 3, padding: 1))];
            return EffectiveField.Of(Some.Chain(layers).Compile(new Shape(1, 45, 45), Options), images: 8).Size;
        }
    }

    [Fact]
    public void Measuring_is_no_training_step()
    {
        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, Options);
        float[] before = Some.Weights(network);
        EffectiveField field = EffectiveField.Of(network, images: 6);
        Assert.Equal((new Shape(28, 28), 1), (field.Map.Shape, field.Map.Span.ToArray().Max()));
        Assert.Equal(EffectiveField.Of(network, images: 6).Map.Span, field.Map.Span);
        Assert.Equal(before, Some.Weights(network));
        Assert.Equal(0, network.Steps);
    }

    [Fact]
    public void It_needs_the_input_gradient() => Expect.Throws<ArgumentException>(
        "the network was compiled without input gradient; set Training and InputGradient in its options",
        () => EffectiveField.Of(LeNetModel.Modern().Compile(LeNetModel.Image)));
}
