using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Serialization;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Import;

/// <summary>Weights of torchvision's networks: what <c>torchvision.py</c> has written, and writes where there is PyTorch.</summary>
public class PyTorchImportTests
{
    private const string Folder = "tests/Engine.Tests/Import";

    private static readonly NetworkOptions One = new() { BatchSize = 1, Training = false };

    public static TheoryData<string> Names => [.. PyTorchImport.Names];

    // Our names for torchvision's networks, in which the script writes them.
    public static TheoryData<string, double> Narrow => new()
    {
        { "alexnet", 1 / 64.0 }, { "vgg11", 1 / 64.0 }, { "vgg11_bn", 1 / 64.0 }, { "resnet18", 1 / 32.0 }, { "resnet50", 1 / 64.0 }, { "googlenet", 1 / 64.0 },
    };

    [Theory]
    [MemberData(nameof(Narrow))]
    public void Narrow_networks_give_PyTorchs_logits(string name, double width)
    {
        Model model = PyTorchImport.Named(name) with { Width = width };
        Compare(Repository.PathOf($"{Folder}/{model.Name}.safetensors"), model);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_and_shapes_are_torchvisions(string name)
    {
        Model model = PyTorchImport.Named(name);
        Func<string, string> nameInFile = PyTorchImport.NamesOf(model);
        string[] lines = [.. ModelDescription.Of(model).Plan(new NetworkOptions { BatchSize = 1 }).Weights().Select(weight => $"{nameInFile(weight.Name)} {weight.Parameter.Shape}\n")];
        Array.Sort(lines, StringComparer.Ordinal);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
        Assert.Contains($"{model.Name} {lines.Length} {hash}", Repository.Read($"{Folder}/names.txt").Split('\n'));
    }

    // Of each family the smallest and the largest; names and shapes of all are compared above.
    [TheoryWithPython("torch")]
    [InlineData("alexnet")]
    [InlineData("vgg11")]
    [InlineData("vgg19")]
    [InlineData("vgg16_bn")]
    [InlineData("googlenet")]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    [InlineData("resnet152")]
    [Trait("Category", "Slow")]
    public void Full_networks_give_PyTorchs_logits(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("weights.safetensors");
        Model model = PyTorchImport.Named(name);
        Assert.Equal((0, ""), Python.Run(Repository.PathOf($"{Folder}/torchvision.py"), model.Name, "1", path));
        Compare(path, model);
    }

    [Fact]
    public void An_imported_network_can_be_trained_and_kept()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors"), weights = Repository.PathOf($"{Folder}/googlenet-bn.safetensors");
        Model model = PyTorchImport.Named("googlenet") with { Width = 1 / 64.0 };
        Network training = PyTorchImport.Load(weights, model, new NetworkOptions { BatchSize = 2 }, out ModelManifest manifest);
        Assert.True(training.IsAuxiliary(1));
        Assert.Equal([0.5f, 0.5f, 0.5f], manifest.Preprocessing!.Mean);
        ModelFile.Write(path, training, manifest);
        Network loaded = ModelFile.Load(path, One, out ModelManifest again);
        Assert.Equal(manifest.Model, again.Model);
        float[] image = Image(model.Input), before = new float[7], after = new float[7];
        PyTorchImport.Load(weights, model, One, out _).Predict(image, before);
        loaded.Predict(image, after);
        Assert.Equal(before, after);
    }

    [Fact]
    public void Pictures_are_normalised_as_for_ImageNet()
    {
        PyTorchImport.Load(Repository.PathOf($"{Folder}/resnet18.safetensors"), PyTorchImport.Named("resnet18") with { Width = 1 / 32.0 }, One, out ModelManifest manifest);
        Assert.Equal([0.485f, 0.456f, 0.406f], manifest.Preprocessing!.Mean);
        Assert.Equal([0.229f, 0.224f, 0.225f], manifest.Preprocessing.Deviation);
        Assert.Equal(new ResNet(18) { Width = 1 / 32.0, Classes = 7 }, manifest.Model.Model);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        string resnet = Repository.PathOf($"{Folder}/resnet18.safetensors"), vgg = Repository.PathOf($"{Folder}/vgg11.safetensors");
        Refused(resnet, new ResNet(18),
            "tensor \"conv1.weight\" has shape 2×3×7×7, the network's is 64×3×7×7");
        Refused(resnet, new ResNet(34) { Width = 1 / 32.0 },
            "the file lacks the network's \"layer1.2.conv1.weight\", \"layer1.2.bn1.weight\", \"layer1.2.bn1.bias\", \"layer1.2.bn1.running_mean\" and 76 more");
        Refused(vgg, new ResNet(18), "the file lacks the network's \"conv1.weight\", \"bn1.weight\", \"bn1.bias\", \"bn1.running_mean\" and 98 more, "
            + "and the network lacks the file's \"features.0.weight\", \"features.0.bias\", \"features.3.weight\", \"features.3.bias\" and 18 more");
        Expect.Throws<ArgumentException>($"torchvision has no googlenet of these options; what can be imported is {string.Join(", ", PyTorchImport.Names)}",
            () => PyTorchImport.Load(vgg, new GoogLeNet(), One, out _));
        Expect.Throws<ArgumentException>($"there is no network \"lenet\" to import; there are {string.Join(", ", PyTorchImport.Names)}", () => PyTorchImport.Named("lenet"));

        static void Refused(string path, Model model, string message) =>
            Expect.Throws<InvalidDataException>($"{path}: {message}", () => PyTorchImport.Load(path, model, One, out _));
    }

    [Theory]
    [InlineData("""{"conv1.weight":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", 2, "tensor \"conv1.weight\" has dtype \"F16\"; only F32 can be read")]
    [InlineData("""{"x.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[8,0]}}""", 8, "tensor \"x.num_batches_tracked\" has data_offsets [8,0], which end before they begin")]
    [InlineData("""{"x.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,16]}}""", 8, "tensor \"x.num_batches_tracked\" ends at byte 16 of the data, the file has 8")]
    [InlineData("""{"x.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}""", 16, "the tensors end at byte 8 of the data, the file has 16")]
    public void Foreign_tensors_are_checked(string header, int length, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("foreign.safetensors");
        File.WriteAllBytes(path, HandMade.File(Encoding.UTF8.GetBytes(header), new byte[length]));
        Expect.Throws<InvalidDataException>($"{path}: {message}", () => PyTorchImport.Load(path, new ResNet(18), One, out _));
    }

    private static void Compare(string path, Model model)
    {
        Network network = PyTorchImport.Load(path, model, One, out ModelManifest manifest);
        Assert.Equal(7, network.OutputShape.Length);
        Assert.Equal(model with { Classes = 7 }, manifest.Model.Model);
        using SafetensorsFile file = SafetensorsFile.OpenForeign(path, name => name.EndsWith("num_batches_tracked", StringComparison.Ordinal));
        float[] expected = [.. JsonDocument.Parse(file.Metadata["logits"]).RootElement.EnumerateArray().Select(number => number.GetSingle())], logits = new float[7];
        network.Predict(Image(model.Input), logits);
        for (int i = 0; i < logits.Length; i++)
            Assert.True(Math.Abs(logits[i] - expected[i]) <= 1e-4 * Math.Max(1, Math.Abs(expected[i])), $"logit {i} of {model.Name} is {logits[i]}, PyTorch's {expected[i]}");
        Assert.True(expected.Max() - expected.Min() > 0.2, "the logits tell nothing");
    }

    /// <summary>Pixels that follow from their places, as in the script.</summary>
    private static float[] Image(Shape shape) => [.. Enumerable.Range(0, shape.Length).Select(i => ((i * 7919L % 1009) / 504f) - 1)];
}
