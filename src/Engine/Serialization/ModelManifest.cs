using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Models;

namespace CnnEngine.Serialization;

/// <summary>What a model file holds besides numbers: everything that is needed to use them.</summary>
public sealed record ModelManifest
{
    private const string ModelKey = "model";
    private const string PreprocessingKey = "preprocessing";
    private const string ClassesKey = "classes";
    private const string EngineKey = "engine";
    private const string TrainingKey = "training";

    /// <summary>The network.</summary>
    public required ModelDescription Model { get; init; }

    /// <summary>What happens to a picture before the network sees it; null if nobody has said.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>The names of the classes, in the order of the outputs; null if nobody has said.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Who wrote the file: this library and its version, if left out.</summary>
    public string Engine { get; init; } = ThisEngine;

    /// <summary>How far a training has come, in a checkpoint; null otherwise.</summary>
    public JsonObject? Training { get; init; }

    private static string ThisEngine { get; } = $"CnnEngine {typeof(ModelManifest).Assembly.GetName().Version!.ToString(3)}";

    /// <summary>The manifest as JSON, as a model file holds it.</summary>
    public string ToJson() => ObjectWriter.ToText(ToJsonObject(), indented: false);

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">It is no JSON, or something in it is not as it must be; the message, one line, says what and where.</exception>
    public static ModelManifest Parse(string json, string source)
    {
        ObjectReader reader = ObjectReader.Of(json, source);
        JsonObject model = reader.Object(ModelKey) ?? throw reader.Missing(ModelKey, "a network");
        ModelManifest manifest = new()
        {
            Model = ModelDescription.Parse(model, $"{source}: {ModelKey}"),
            Preprocessing = reader.Object(PreprocessingKey) is { } preprocessing ? Preprocessing.FromJson(preprocessing, source) : null,
            Classes = reader.Texts(ClassesKey),
            Engine = reader.Text(EngineKey) ?? throw reader.Missing(EngineKey, "the program that wrote the file"),
            Training = reader.Object(TrainingKey)?.DeepClone().AsObject(),
        };
        reader.RefuseOthers();
        return manifest;
    }

    private JsonObject ToJsonObject()
    {
        JsonObject json = new() { [EngineKey] = Engine, [ModelKey] = Model.ToJsonObject() };
        if (Preprocessing is not null) json[PreprocessingKey] = Preprocessing.ToJson();
        if (Classes is not null) json[ClassesKey] = new JsonArray([.. Classes.Select(name => (JsonNode)JsonValue.Create(name))]);
        if (Training is not null) json[TrainingKey] = Training.DeepClone();
        return json;
    }
}
