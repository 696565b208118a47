using System.Text;
using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Serialization;
using CnnEngine.Tests.Layers;

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
            Model = ModelDescription.Of(model),
            Classes = ["a", "b", "ç"],
            Preprocessing = new Preprocessing(model.Input, new Normalization(0.25f, 0.5f)),
            Training = new JsonObject { ["epoch"] = 3 },
        };
        ModelFile.Write(path, network, manifest, [new("optimizer/1.velocity", HandMade.Counting(new Shape(4)))]);

        Network loaded = ModelFile.Load(path, Small, out ModelManifest read);
        Assert.Equal(manifest.ToJson(), read.ToJson());
        Assert.Equal(manifest.ToJson(), ModelFile.ReadManifest(path).ToJson());
        Assert.Equal(Numbers(network), Numbers(loaded));
        Assert.StartsWith("CnnEngine ", read.Engine, StringComparison.Ordinal);
        // The options of the file's own loading do not stick.
        Assert.NotEqual(Numbers(loaded), Numbers(model.Compile(loaded.Options)));
        // As weights alone, too.
        Network other = model.Compile(Small);
        other.Load(path);
        Assert.Equal(Numbers(network), Numbers(other));
    }

    [Fact]
    public void Running_means_shared_weights_and_layers_without_names_come_back()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Shape input = new(4, 6, 6);
        Graph graph = new();
        Conv2d first = new(4, 3, padding: 1);
        graph.Input.Then(first).Then(new BatchNorm2d()).Then(new Conv2d(4, 3, padding: 1) { SharesWith = first }).Then(new PReLU()).Then(new Flatten()).Then(new Linear(3));
        Network network = graph.Compile(input, Small);
        Random random = new(1);
        foreach (Layer layer in network.Layers.Select(l => l.Layer))
            foreach (Parameter parameter in layer.Parameters.Concat(layer.State))
                foreach (ref float number in parameter.Value.Span) number = 0.5f + random.NextSingle();
        ModelFile.Write(path, network, new ModelManifest { Model = ModelDescription.Of(network) });
        Network loaded = ModelFile.Load(path, Small, out _);
        float[] images = [.. Enumerable.Range(0, 2 * input.Length).Select(_ => random.NextSingle())], expected = new float[6], actual = new float[6];
        network.Predict(images, expected);
        loaded.Predict(images, actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Auxiliary_classifiers_are_left_out_without_training()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Model model = new GoogLeNet { Width = 1 / 32.0, Classes = 3 };
        Network network = model.Compile(Small with { Training = true });
        ModelFile.Write(path, network, new ModelManifest { Model = ModelDescription.Of(model) });
        Network loaded = ModelFile.Load(path, Small, out _);
        Assert.DoesNotContain(loaded.Layers, layer => layer.Name.StartsWith("auxiliary", StringComparison.Ordinal));
        Assert.Equal(Numbers(network), Numbers(ModelFile.Load(path, Small with { Training = true }, out _)));
    }

    [Fact]
    public void What_does_not_belong_together_is_not_written()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Model model = new ModernLeNet5 { Classes = 3 };
        Network network = model.Compile(Small);
        ModelManifest manifest = new() { Model = ModelDescription.Of(model) };
        ModelDescription another = ModelDescription.Of(model with { Classes = 4 });
        Expect.Throws<ArgumentException>($"the manifest describes another network ({network.Architecture.Replace("Linear(3)", "Linear(4)", StringComparison.Ordinal)}) than the one to be written ({network.Architecture})",
            () => ModelFile.Write(path, network, manifest with { Model = another }));
        Expect.Throws<ArgumentException>("the manifest has 2 class names; the network's output is 3", () => ModelFile.Write(path, network, manifest with { Classes = ["a", "b"] }));
        Expect.Throws<ArgumentException>("the tensor name \"velocity\" has no '/'; names without belong to layers",
            () => ModelFile.Write(path, network, manifest, [new("velocity", Tensor.Zeros(new Shape(1)))]));
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void Files_that_are_not_what_they_say_are_refused()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Network network = new ModernLeNet5 { Classes = 3 }.Compile(Small);
        network.Save(path);
        Refused($"{path}: this is no model file: its metadata has no \"manifest\"; it may hold weights alone");
        Refused($"{path}: manifest: \"model\" is missing; it must be a network", "{}");
        Refused($"{path}: manifest: model: there is neither \"model\", the name of a network, nor \"layers\", a list", """{"model":{},"engine":"E"}""");
        Refused($"{path}: manifest: \"engine\" is missing; it must be the program that wrote the file", """{"model":{"model":"lenet5"}}""");
        Refused($"{path}: manifest: there is no option \"color\"; there are \"model\", \"preprocessing\", \"classes\", \"engine\", \"training\"", """{"model":{"model":"lenet5"},"engine":"E","color":1}""");
        Refused($"{path}: tensor \"fc3.weight\" has shape 3×84, the network's is 10×84", """{"model":{"model":"lenet5"},"engine":"E"}""");
        Refused($"{path}: the manifest has 2 class names; the network's output is 3", """{"model":{"model":"lenet5","classes":3},"engine":"E","classes":["a","b"]}""");
        // A giant is not begun with: its weights are not there.
        Refused($"{path}: tensor \"conv1.weight\" has shape 6×1×5×5, the network's is 600×1×5×5", """{"model":{"model":"lenet5","classes":3,"width":100},"engine":"E"}""");

        void Refused(string message, string? manifest = null)
        {
            if (manifest is not null) WithManifest(path, network, manifest);
            Expect.Throws<InvalidDataException>(message, () => ModelFile.Load(path, Small, out _));
        }
    }

    [Fact]
    public void A_giant_without_weights_is_refused_before_memory_is_taken()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        WithManifest(path, new Sequential { new ReLU() }.Compile(new Shape(1, 1, 1), Small), """{"model":{"input":[1,40000,40000],"layers":[{"kind":"relu"},{"kind":"add","from":["relu1","input"]}]},"engine":"E"}""");
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(path, Small with { BatchSize = 1 }, out _));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Equal($"{path}: the network's buffers for 1 images take more than {Array.MaxLength} floats; choose a smaller batch", error.Message);
        error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(path, Small with { BatchSize = 1_000_000, PassImages = 1 }, out _));
        Assert.StartsWith($"{path}: the network", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_is_read_without_the_numbers()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Network network = new ModernLeNet5().Compile(Small);
        ModelFile.Write(path, network, new ModelManifest { Model = ModelDescription.Of(new ModernLeNet5()) });
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(new ModernLeNet5(), ModelFile.ReadManifest(path).Model.Model);
        Assert.Contains("the data is damaged", Assert.Throws<InvalidDataException>(() => ModelFile.Load(path, Small, out _)).Message, StringComparison.Ordinal);
    }

    // A reader of a dozen lines, as anybody would write it from the format's description.
    [FactWithPython("numpy")]
    public void Python_reads_the_file()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors"), script = folder.File("read.py");
        Network network = new ModernLeNet5().Compile(Small);
        ModelFile.Write(path, network, new ModelManifest { Model = ModelDescription.Of(new ModernLeNet5()), Classes = [.. "0123456789".Select(digit => $"{digit}")] });
        File.WriteAllText(script, """
            import json, struct, sys
            import numpy
            with open(sys.argv[1], "rb") as file:
                header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
                data = file.read()
            manifest = json.loads(header.pop("__metadata__")["manifest"])
            print(manifest["model"]["model"], len(manifest["classes"]))
            for name, entry in header.items():
                begin, end = entry["data_offsets"]
                numbers = numpy.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
                print(name, *numbers.shape, numbers.flat[-1].tobytes().hex())
            """);
        (int exitCode, string output) = Python.Run(script, path);
        Assert.Equal((0, Expected()), (exitCode, output));

        string Expected()
        {
            StringBuilder text = new("lenet5 10\n");
            foreach (NamedTensor tensor in network.NamedParameters())
                text.Append($"{tensor.Name} {string.Join(' ', tensor.Tensor.Shape.ToArray())} {Convert.ToHexStringLower(BitConverter.GetBytes(tensor.Tensor.Span[^1]))}\n");
            return text.ToString();
        }
    }

    private static void WithManifest(string path, Network network, string manifest) =>
        SafetensorsFile.Write(path, [.. network.NamedParameters(), new("optimizer/x", Tensor.Zeros(new Shape(1)))], new Dictionary<string, string> { ["manifest"] = manifest });

    private static IEnumerable<float> Numbers(Network network) => network.Parameters.SelectMany(p => p.Value.Span.ToArray());
}
