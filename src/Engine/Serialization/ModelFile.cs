using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Models;
using static CnnEngine.Serialization.Quoting;

namespace CnnEngine.Serialization;

/// <summary>
/// A network in one safetensors file: its weights, what it keeps besides, and in the file's metadata, under <c>manifest</c>, all that is
/// needed to use them (<see cref="ModelManifest"/>) as JSON. It is written whole or not at all, so weights and manifest always belong together.
/// </summary>
/// <remarks>
/// Weights are named by layer and parameter, <c>conv1.weight</c>. Further tensors, such as an optimiser's, have a slash in their names, which no
/// layer's name can have.
/// </remarks>
public static class ModelFile
{
    internal const char Separator = '/';
    private const string ManifestKey = "manifest";

    /// <summary>Writes a network, its manifest, and further tensors.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="network">Whose weights.</param>
    /// <param name="manifest">How the network is made, and what else belongs to it.</param>
    /// <param name="more">Further tensors, whose names have a slash: <c>optimizer/3.velocity</c>.</param>
    /// <exception cref="ArgumentException">
    /// The manifest describes another network, or has another number of class names than the network has outputs, or a further tensor's name has no slash.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is untouched.</exception>
    public static void Write(string path, Network network, ModelManifest manifest, IReadOnlyList<NamedTensor>? more = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(manifest);
        string described = $"{manifest.Model.Input}: {manifest.Model.Plan(network.Options).Architecture}";
        if (described != network.Architecture)
            throw new ArgumentException($"the manifest describes another network ({described}) than the one to be written ({network.Architecture})", nameof(manifest));
        if (ClassFault(manifest, network.OutputShape) is { } fault) throw new ArgumentException(fault, nameof(manifest));
        foreach (NamedTensor tensor in more ?? [])
            if (!tensor.Name.Contains(Separator)) throw new ArgumentException($"the tensor name {Quote(tensor.Name)} has no '{Separator}'; names without belong to layers", nameof(more));
        SafetensorsFile.Write(
            path,
            [.. network.NamedParameters(), .. more ?? []],
            new Dictionary<string, string> { [Network.ArchitectureKey] = network.Architecture, [ManifestKey] = manifest.ToJson() });
    }

    /// <summary>Reads what a file says of its network: the header alone, however large the file is.</summary>
    /// <exception cref="InvalidDataException">The header is damaged, or there is no manifest in it, or something in that is not as it must be.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelManifest ReadManifest(string path)
    {
        using SafetensorsFile file = SafetensorsFile.OpenHeader(path);
        return ManifestOf(file, path);
    }

    /// <summary>
    /// Makes the network that a file describes and gives it the file's weights. No memory is taken for it before it is known that all its
    /// weights are in the file, and that the machine has as much memory as it needs.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What to compile the network for; batches of 64 for training if left out.</param>
    /// <param name="manifest">What the file says.</param>
    /// <exception cref="InvalidDataException">The file is damaged or has no manifest, weights and manifest do not fit, or the network is too large for the machine.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Network Load(string path, NetworkOptions? options, out ModelManifest manifest)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        manifest = ManifestOf(file, path);
        return Fill(file, path, manifest, options ?? new NetworkOptions(), name => name);
    }

    /// <summary>The network of a manifest with a file's weights.</summary>
    /// <param name="file">The file, open.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="manifest">What to make.</param>
    /// <param name="options">What to compile for.</param>
    /// <param name="nameInFile">What the file calls a tensor of the network's.</param>
    internal static Network Fill(SafetensorsFile file, string path, ModelManifest manifest, NetworkOptions options, Func<string, string> nameInFile)
    {
        NetworkPlan plan = manifest.Model.Plan(options);
        // Those of auxiliary classifiers are not wanted without training.
        HashSet<string> unused = options.Training ? [] : [.. manifest.Model.Plan(options with { Training = true }).Weights().Select(weight => nameInFile(weight.Name))];
        file.Check([.. plan.Weights().Select(weight => (nameInFile(weight.Name), weight.Parameter.Shape))], IsUnused);
        if ((plan.MemoryFault(options) ?? ClassFault(manifest, plan.Nodes[^1].Shape)) is { } fault) throw new InvalidDataException($"{path}: {fault}");
        Network network = manifest.Model.Build().Compile(manifest.Model.Input, options with { StartsRandom = false });
        file.ReadAllInto([.. network.NamedParameters().Select(tensor => tensor with { Name = nameInFile(tensor.Name) })], IsUnused);
        return network;

        bool IsUnused(string name) => name.Contains(Separator) || unused.Contains(name);
    }

    internal static ModelManifest ManifestOf(SafetensorsFile file, string path) =>
        file.Metadata.TryGetValue(ManifestKey, out string? json) ? ModelManifest.Parse(json, $"{path}: manifest")
            : throw new InvalidDataException($"{path}: this is no model file: its metadata has no {Quote(ManifestKey)}; it may hold weights alone");

    private static string? ClassFault(ModelManifest manifest, Shape output) => manifest.Classes is { } classes && classes.Count != output[0]
        ? $"the manifest has {classes.Count} class names; the network's output is {output}" : null;
}
