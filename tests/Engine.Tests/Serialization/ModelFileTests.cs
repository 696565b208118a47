using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

/// <summary>A network, its weights and all that belongs to it in one file.</summary>
public class ModelFileTests
{
    private static readonly NetworkOptions Small = new() { BatchSize = 2, Training = false };

    [Fact]
    public void A_file_gives_back_the_network_and_its_manifest()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Model model = new ModernLeNet5 { Classes = 3 };
        Network network = model.Compile(Small with { Seed = 7 });
        ModelManifest manifest = new()
        {
            Model = ModelDescription.Of(model), Classes = ["a", "b", "c"], Preprocessing = new Preprocessing(model.Input, new Normalization(0.25f, 0.5f)), Training = new JsonObject { ["epoch"] = 3 },
        };
        ModelFile.Write(path, network, manifest, [new("optimizer/1.velocity", HandMade.Counting(new Shape(4)))]);

        Network loaded = ModelFile.Load(path, Small, out ModelManifest read);
        Assert.Equal(manifest.ToJson(), read.ToJson());
        Assert.Equal(manifest.ToJson(), ModelFile.ReadManifest(path).ToJson());
        Assert.Equal(network.Parameters.SelectMany(p => p.Value.Span.ToArray()), loaded.Parameters.SelectMany(p => p.Value.Span.ToArray()));
        Assert.StartsWith("CnnEngine ", read.Engine, StringComparison.Ordinal);
    }
}
