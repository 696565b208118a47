using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Serialization;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Graphs;

/// <summary>Two layers of one network with the same parameters.</summary>
public sealed class SharesWithTests : IDisposable
{
    private static readonly Shape Image = new(2, 6, 5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void They_are_learnt_once_counted_once_and_saved_once()
    {
        Network network = Make(out Conv2d first, out Conv2d second);
        Assert.Same(first.Weight, second.Weight);
        Assert.Equal(["weight", "bias"], network.Parameters.Select(p => p.Name));
        Assert.Equal((38, 0), (network.Layers[0].ParameterCount, network.Layers[1].ParameterCount));
        string path = _folder.File("shared.safetensors");
        network.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["conv1.weight", "conv1.bias"], file.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Gradients_of_both_places_add_up()
    {
        Network shared = Make(out Conv2d first, out _);
        Conv2d one = new(2, 3, padding: 1), two = new(2, 3, padding: 1);
        Network apart = new Sequential { one, two }.Compile(Image, new() { BatchSize = 3 });
        foreach (Conv2d layer in new[] { one, two })
        {
            first.Weight!.Value.Span.CopyTo(layer.Weight!.Value.Span);
            first.Bias!.Value.Span.CopyTo(layer.Bias!.Value.Span);
        }
        shared.Backpropagate(Some.Images(3, Image, 4), Some.Indices(3), new CrossEntropy());
        apart.Backpropagate(Some.Images(3, Image, 4), Some.Indices(3), new CrossEntropy());
        for (int i = 0; i < first.Weight!.Gradient.Length; i++)
            Assert.Equal(one.Weight!.Gradient.Span[i] + two.Weight!.Gradient.Span[i], first.Weight.Gradient.Span[i], 1e-5f);
    }

    private static Network Make(out Conv2d first, out Conv2d second)
    {
        first = new Conv2d(2, 3, padding: 1);
        second = new Conv2d(2, 3, padding: 1) { SharesWith = first };
        return new Sequential { first, second }.Compile(Image, new() { BatchSize = 3 });
    }
}
