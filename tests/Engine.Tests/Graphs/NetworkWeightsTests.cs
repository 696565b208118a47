using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Serialization;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Graphs;

/// <summary>A network's weights in a file: out and in again, and not into another network.</summary>
public sealed class NetworkWeightsTests : IDisposable
{
    private static readonly Shape Image = new(1, 12, 13);

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public NetworkWeightsTests() => _path = _folder.File("weights.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_come_back_bit_by_bit()
    {
        Network saved = Make(seed: 1), loaded = Make(seed: 2);
        Assert.NotEqual(Some.Weights(saved), Some.Weights(loaded));
        saved.Save(_path);
        loaded.Load(_path);
        Assert.Equal(Some.Weights(saved), Some.Weights(loaded));
    }

    [Fact]
    public void The_file_has_the_layers_names_and_shapes()
    {
        Make(seed: 1).Save(_path);
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        Assert.Equal(["conv1.weight 4×1×3×2", "conv1.bias 4", "head.weight 5×440", "head.bias 5"], file.Entries.Select(e => $"{e.Name} {e.Shape}"));
    }

    [Fact]
    public void Metadata_are_kept_and_the_architecture_added()
    {
        Network network = Make(seed: 1);
        network.Save(_path, new Dictionary<string, string> { ["mean"] = "0.13", ["classes"] = "0123456789" });
        IReadOnlyDictionary<string, string> metadata = Make(seed: 2).Load(_path);
        Assert.Equal(("0.13", "0123456789"), (metadata["mean"], metadata["classes"]));
        Assert.Equal(
            "1×12×13: conv1 Conv2d(4, 3×2) > relu1 ReLU > pool1 MeanPool2d(1×2, stride 1×1) > flatten1 Flatten > head Linear(5)",
            metadata["architecture"]);
        Assert.Equal(network.Architecture, metadata["architecture"]);
        Assert.Equal(64, metadata["sha256"].Length);
    }

    [Fact]
    public void Another_architecture_is_refused_and_nothing_is_read()
    {
        Network network = Make(seed: 1);
        network.Save(_path);
        Sequential layers = [new Conv2d(4, (3, 2)), new Tanh(), new MeanPool2d((1, 2), 1), new Flatten(), new Linear(5) { Name = "head" }];
        Network other = layers.Compile(Image);
        float[] before = Some.Weights(other);
        Expect.Throws<InvalidDataException>($"{_path}: it was saved by another network ({network.Architecture}); this one is {other.Architecture}",
            () => other.Load(_path));
        Assert.Equal(before, Some.Weights(other));
    }

    [Fact]
    public void A_file_that_does_not_say_its_architecture_must_have_the_right_tensors()
    {
        Network network = Make(seed: 1);
        SafetensorsFile.Write(_path, [new("conv1.weight", network.Parameters[0].Value)]);
        Expect.Throws<InvalidDataException>($"{_path}: the file lacks the network's \"conv1.bias\", \"head.weight\", \"head.bias\"", () => network.Load(_path));
        SafetensorsFile.Write(_path,
            [.. network.Layers.SelectMany(l => l.Layer.Parameters.Select(p => new NamedTensor($"{l.Name}.{p.Name}", p.Value)))]);
        Network other = Make(seed: 2);
        other.Load(_path);
        Assert.Equal(Some.Weights(network), Some.Weights(other));
    }

    [Fact]
    public void The_same_weights_give_the_same_bytes()
    {
        Make(seed: 1).Save(_path);
        Make(seed: 1).Save(_folder.File("again.safetensors"));
        Assert.Equal(File.ReadAllBytes(_path), File.ReadAllBytes(_folder.File("again.safetensors")));
    }

    private static Network Make(long seed) =>
        new Sequential { new Conv2d(4, (3, 2)), new ReLU(), new MeanPool2d((1, 2), 1), new Flatten(), new Linear(5) { Name = "head" } }
            .Compile(Image, new NetworkOptions { BatchSize = 2, Seed = seed });
}
