using CnnEngine.Layers;
using CnnEngine.Serialization;

namespace CnnEngine.Graphs;

public sealed partial class Network
{
    internal const string ArchitectureKey = "architecture";

    /// <summary>The layers and their options in one line, as a weights file keeps them.</summary>
    public string Architecture => $"{InputShape}: {_plan.Architecture}";

    /// <summary>
    /// Saves all parameters as a safetensors file, named like <c>conv1.weight</c>. The file is whole or not there at all: it is
    /// written beside its place and renamed.
    /// </summary>
    /// <param name="path">Where to.</param>
    /// <param name="metadata">What else to keep: preprocessing, class names. The architecture and a SHA-256 of the data are added.</param>
    /// <exception cref="IOException">The file cannot be written; what was there before is untouched.</exception>
    public void Save(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Dictionary<string, string> all = metadata is null ? [] : new(metadata);
        all[ArchitectureKey] = Architecture;
        SafetensorsFile.Write(path, NamedParameters(), all);
    }

    /// <summary>Loads all parameters from a safetensors file, or none if anything in it does not fit.</summary>
    /// <param name="path">Where from.</param>
    /// <returns>The file's metadata.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or of another network; the message says what does not fit.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyDictionary<string, string> Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.TryGetValue(ArchitectureKey, out string? architecture) && architecture != Architecture)
            throw new InvalidDataException($"{path}: it was saved by another network ({architecture}); this one is {Architecture}");
        file.ReadAllInto(NamedParameters(), _plan.IsUnused);
        return file.Metadata;
    }

    internal bool IsUnused(string name) => _plan.IsUnused(name);

    /// <summary>What is learnt, and what is kept: running means, say.</summary>
    internal List<NamedTensor> NamedParameters() => [.. _plan.Weights().Select(weight => new NamedTensor(weight.Name, weight.Parameter.Value))];

    /// <summary>
    /// Takes biases and the scales and shifts of normalisations out of weight decay (T. He et al., "Bag of Tricks for Image
    /// Classification", 2019, "no bias decay"): all parameters of one dimension.
    /// </summary>
    public void DecayOnlyWeights()
    {
        foreach (Parameter parameter in Parameters)
            if (parameter.Shape.Rank == 1) parameter.Decays = false;
    }
}
