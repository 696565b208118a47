using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Serialization;

namespace CnnEngine.Runs;

/// <summary>
/// A training that is ready to begin: settings, the data that they name, and whatever was left out chosen by it. Making one writes nothing.
/// </summary>
public sealed class RunPlan
{
    private RunPlan(RunConfig config, RunData data, ModelDescription model) => (Config, Data, Model) = (config, data, model);

    /// <summary>The configuration with nothing left out.</summary>
    public RunConfig Config { get; }

    /// <summary>The images.</summary>
    public RunData Data { get; }

    /// <summary>The network.</summary>
    public ModelDescription Model { get; }

    /// <summary>What to call the network.</summary>
    public string ModelName => NameOf(Model);

    /// <summary>Opens the data that settings name and chooses what they leave out.</summary>
    /// <param name="settings">Some or all of the keys of <see cref="RunConfig"/>.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <param name="modelSource">Where the network's description is from, if from elsewhere.</param>
    /// <param name="progress">Told how far the reading of pictures has come.</param>
    /// <param name="cancellation">Ends the reading of pictures.</param>
    /// <exception cref="ConfigurationException">A key is unknown, a value not possible, or the network does not fit the images.</exception>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    /// <exception cref="IOException">The data is not there or cannot be read.</exception>
    public static RunPlan Make(
        JsonObject settings, string source, string? modelSource = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ConfigReader.Check(settings, RunJson.Default.RunConfig, source, "", isWhole: false);
        JsonObject? model = Named(settings["model"], source);
        DataConfig wanted = RunConfig.Parse(new JsonObject { ["data"] = settings["data"]?.DeepClone() ?? new JsonObject() }, source).Data;
        if (InputOf(model) is [var channels, var height, var width])
            wanted = wanted with { Channels = wanted.Channels ?? channels, Size = wanted.Size ?? [height, width] };
        RunData data = RunData.Open(wanted, source, PreferredSize(model), progress, cancellation);

        model ??= [];
        if (!model.ContainsKey("model") && !model.ContainsKey("layers")) model["model"] = Recipe.ModelFor(data.Image);
        if (!model.ContainsKey("input")) model["input"] = new JsonArray([.. Enumerable.Range(0, 3).Select(i => (JsonNode)data.Image[i])]);
        if (model.ContainsKey("model") && !model.ContainsKey("classes")) model["classes"] = data.Classes;
        ModelDescription description = Describe(model, data, source, modelSource ?? $"{source}: model");
        RunConfig recipe = Recipe.For(description.Build(), data.Image, data.Mirrors, settings);

        JsonObject all = ConfigReader.Merge(recipe.ToJson(), settings);
        all["data"] = (recipe with { Data = data.Config }).ToJson()["data"]!.DeepClone();
        all["model"] = description.ToJsonObject();
        RunConfig config = RunConfig.Parse(all, source);
        NetworkOptions options = new() { BatchSize = config.Batch };
        if (description.Plan(options).MemoryFault(options, "; choose a smaller batch, or a narrower network") is { } fault)
            throw new ConfigurationException($"{source}: {fault}");
        return new RunPlan(config, data, description);
    }

    /// <summary>The same of a configuration, in which nothing but the network is chosen.</summary>
    /// <inheritdoc cref="Make(JsonObject, string, string?, IProgress{LoadingProgress}?, CancellationToken)"/>
    public static RunPlan Make(RunConfig config, string source = "configuration", IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Make(config.ToJson(), source, null, progress, cancellation);
    }

    /// <summary>The network, compiled for training, with its first weights.</summary>
    public Network Compile() => Model.Build().Compile(Model.Input, new NetworkOptions { BatchSize = Config.Batch, Seed = Config.Seed });

    /// <summary>What to call a network.</summary>
    internal static string NameOf(ModelDescription model) => model.Model?.Name ?? "layers";

    /// <summary>What belongs to the network's weights in a file.</summary>
    public ModelManifest Manifest() => new() { Model = Model, Preprocessing = Data.Train.Preprocessing, Classes = Data.ClassNames };

    private static ModelDescription Describe(JsonObject model, RunData data, string source, string modelSource)
    {
        ModelDescription description;
        try
        {
            description = ModelDescription.Parse(model, modelSource);
        }
        catch (InvalidDataException error)
        {
            throw new ConfigurationException(error.Message, error);
        }
        if (description.Input != data.Image)
            throw new ConfigurationException($"{source}: model.input is {description.Input}; the images of {data.Name} are {data.Image}");
        Shape output = description.Plan(new NetworkOptions { BatchSize = 1 }).Nodes[^1].Shape;
        if (output.Rank != 1 || output[0] != data.Classes)
            throw new ConfigurationException($"{modelSource}: the network's output is {output}; {data.Name} has {data.Classes} classes, and needs a number for each");
        return description;
    }

    private static JsonObject? Named(JsonNode? model, string source) => model switch
    {
        null => null,
        JsonObject described => (JsonObject)described.DeepClone(),
        JsonValue value when value.TryGetValue(out string? name) => new JsonObject { ["model"] = name },
        _ => throw new ConfigurationException($"{source}: model is {model.ToJsonString()}; it must be a name or an object"),
    };

    // If the model says; whatever else it says is for its own reader to refuse.
    private static int[]? InputOf(JsonObject? model) =>
        model?["input"] is JsonArray { Count: 3 } input && input.All(extent => extent is JsonValue value && value.TryGetValue(out int _))
            ? [.. input.Select(extent => (int)extent!)]
            : null;

    // The size of the network's paper.
    private static int[] PreferredSize(JsonObject? model) =>
        model?["model"] is JsonValue value && value.TryGetValue(out string? name) && ModelZoo.Names.Contains(name)
            ? [ModelZoo.Named(name).Input[1], ModelZoo.Named(name).Input[2]]
            : [Recipe.Large, Recipe.Large];
}
