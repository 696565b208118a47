using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Serialization;

namespace CnnEngine.Models;

/// <summary>
/// Weights that PyTorch has learnt: state dicts of torchvision's networks, saved as safetensors with torchvision's names. Layers compute the
/// same from the same numbers in the same places, so only names differ.
/// </summary>
/// <example><code>
/// # Python: safetensors.torch.save_file(torchvision.models.resnet18(weights="DEFAULT").state_dict(), "resnet18.safetensors")
/// Network network = PyTorchImport.Load("resnet18.safetensors", PyTorchImport.Named("resnet18"), null, out ModelManifest manifest);
/// ModelFile.Write("model.safetensors", network, manifest);
/// </code></example>
public static class PyTorchImport
{
    // How many batches a normalisation has seen; we need not know.
    private const string BatchCount = ".num_batches_tracked";

    private static readonly (string Name, Model Model)[] All =
    [
        ("alexnet", new AlexNetOneColumn()),
        .. ((int[])[11, 13, 16, 19]).SelectMany(depth => ((string, Model)[])[($"vgg{depth}", new Vgg(depth)), ($"vgg{depth}_bn", new Vgg(depth) { HasBatchNorm = true })]),
        ("googlenet", new GoogLeNet { HasBatchNorm = true }),
        .. ((int[])[18, 34, 50, 101, 152]).Select(depth => ($"resnet{depth}", (Model)new ResNet(depth))),
    ];

    /// <summary>Names of the networks, as torchvision has them: <c>alexnet</c>, <c>vgg16_bn</c>, <c>resnet18</c>, ….</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(one => one.Name)];

    /// <summary>The network that torchvision calls so.</summary>
    /// <exception cref="ArgumentException">There is none of the name.</exception>
    public static Model Named(string name) => All.FirstOrDefault(one => one.Name == name).Model
        ?? throw new ArgumentException($"there is no network \"{name}\" to import; there are {string.Join(", ", Names)}", nameof(name));

    /// <summary>
    /// Makes a network with the weights of a state dict. How many classes there are follows from the file's last layer; counts of batches
    /// that normalisations have seen are passed over, as are auxiliary classifiers in a network without training.
    /// </summary>
    /// <param name="path">The state dict as safetensors, float32.</param>
    /// <param name="model">The network: <see cref="Named"/>, or the same with other options, such as its input.</param>
    /// <param name="options">What to compile it for; batches of 64 for training if left out.</param>
    /// <param name="manifest">What to write into a model file with the network: its description, and torchvision's preprocessing.</param>
    /// <exception cref="ArgumentException">torchvision has no such network.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or of another network; the message names tensors that are missing, not known, or of another shape or type.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Network Load(string path, Model model, NetworkOptions? options, out ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new NetworkOptions();
        Func<string, string> nameInFile = NamesOf(model);
        using SafetensorsFile file = SafetensorsFile.OpenForeign(path, name => name.EndsWith(BatchCount, StringComparison.Ordinal));
        string last = nameInFile(ModelDescription.Of(model).Plan(options).Nodes[^1].Name + ".weight");
        if (file.Entries.FirstOrDefault(entry => entry.Name == last) is { Shape.Rank: 2 } classifier) model = model with { Classes = classifier.Shape[0] };
        manifest = new ModelManifest { Model = ModelDescription.Of(model), Preprocessing = PreprocessingOf(model) };
        return ModelFile.Fill(file, path, manifest, options, nameInFile);
    }

    /// <summary>
    /// What torchvision's networks expect of pictures: ImageNet's mean and deviation of each channel. Its GoogLeNet, when it has learnt weights,
    /// takes that back first (<c>transform_input</c>) for ½ and ½.
    /// </summary>
    private static Preprocessing? PreprocessingOf(Model model) => model.Input.Rank != 3 || model.Input[0] != 3 ? null : new Preprocessing(
        model.Input,
        model is GoogLeNet ? new Normalization([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]) : new Normalization([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]),
        ResizeMode.Crop);

    /// <summary>What torchvision calls a tensor of ours.</summary>
    internal static Func<string, string> NamesOf(Model model) => model switch
    {
        ResNet => name => name,
        AlexNetOneColumn { Head: Head.FullyConnected } => Renamed(model, Features, ("fc6", "classifier.1"), ("fc7", "classifier.4"), ("fc8", "classifier.6")),
        Vgg { Head: Head.FullyConnected } => Renamed(model, Features, ("fc6", "classifier.0"), ("fc7", "classifier.3"), ("fc8", "classifier.6")),
        GoogLeNet { HasBatchNorm: true } => Renamed(model, (layer, _) => Inception(layer), ("fc", "fc")),
        _ => throw new ArgumentException($"torchvision has no {model.Name} of these options; what can be imported is {string.Join(", ", Names)}", nameof(model)),
    };

    private static Func<string, string> Renamed(Model model, Func<string, int, string> rename, params ReadOnlySpan<(string Ours, string Theirs)> others)
    {
        Dictionary<string, string> theirs = [];
        LayerNames names = new();
        foreach ((Layers.Layer layer, _) in model.Build().Layers)
        {
            string name = names.Next(layer);
            theirs.Add(name, rename(name, theirs.Count));
        }
        foreach ((string ours, string other) in others) theirs[ours] = other;
        return name =>
        {
            int parameter = name.LastIndexOf('.');
            return theirs[name[..parameter]] + name[parameter..];
        };
    }

    // The layers before the classifier are one Sequential in the same order: a layer's name is its place.
    private static string Features(string layer, int place) => $"features.{place}";

    private static string Inception(string layer)
    {
        (string unit, string kind) = layer.EndsWith(".bn", StringComparison.Ordinal) ? (layer[..^3], "bn") : (layer, "conv");
        int dot = unit.IndexOf('.', StringComparison.Ordinal);
        (string block, string part) = dot < 0 ? ("", unit) : (unit[..dot], unit[(dot + 1)..]);
        if (block.StartsWith("auxiliary", StringComparison.Ordinal)) return block.Replace("auxiliary", "aux", StringComparison.Ordinal) + (part == "conv" ? $".conv.{kind}" : $".{part}");
        string theirs = (block, part) switch
        {
            ("", "conv1") => "conv1",
            ("conv2", "reduce") => "conv2",
            ("", "conv2") => "conv3",
            (_, "1x1") => $"inception{block}.branch1",
            (_, "3x3.reduce") => $"inception{block}.branch2.0",
            (_, "3x3") => $"inception{block}.branch2.1",
            (_, "5x5.reduce") => $"inception{block}.branch3.0",
            (_, "5x5") => $"inception{block}.branch3.1",
            (_, "pool") => $"inception{block}.branch4.1",
            _ => unit, // without weights
        };
        return $"{theirs}.{kind}";
    }
}
