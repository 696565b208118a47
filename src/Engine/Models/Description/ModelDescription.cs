using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// A network as JSON, without its weights, so that files and configurations can hold it. Either a network of the zoo and its options, or a
/// list of layers, which can be any graph of the engine's own layers. A value: two of the same text are equal.
/// </summary>
/// <example><code>
/// {"model": "resnet18", "input": [3, 32, 32], "classes": 10, "width": 0.5, "smallImages": true}
/// {"input": [1, 28, 28], "layers": [
///   {"kind": "conv", "name": "conv1", "channels": 6, "size": 5, "padding": 2}, {"kind": "relu"}, {"kind": "maxPool", "size": 2},
///   {"kind": "conv", "channels": 6, "size": 3, "padding": "same"}, {"kind": "add", "from": ["conv2", "pool1"]},
///   {"kind": "flatten"}, {"kind": "linear", "features": 10}]}
/// </code></example>
public sealed record ModelDescription
{
    private const string Maker = "a description";

    private readonly string _json;

    private ModelDescription(Shape input, Model? model, string json) => (Input, Model, _json) = (input, model, json);

    /// <summary>The shape of one image, <c>C×H×W</c>.</summary>
    public Shape Input { get; }

    /// <summary>The network of the zoo; null for a list of layers.</summary>
    public Model? Model { get; }

    /// <summary>Reads a description and checks that a network can be made of it. No memory is taken for weights or images.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Where it comes from, for messages: a file's name.</param>
    /// <exception cref="InvalidDataException">
    /// It is no JSON, has unknown keys or wrong values, or the layers do not fit each other; the message, one line, names the source, the
    /// place, the value, and what would be right.
    /// </exception>
    public static ModelDescription Parse(string json, string source)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Read(ObjectReader.Of(json, source));
    }

    /// <summary>The same of a part of a larger JSON text, such as a configuration.</summary>
    /// <param name="json">An object.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">As above.</exception>
    public static ModelDescription Parse(JsonObject json, string source)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Read(ObjectReader.Of(ObjectWriter.ToText(json, indented: false), source));
    }

    /// <summary>Describes a network of the zoo with its options.</summary>
    public static ModelDescription Of(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ModelOptions.Describe(model) is { } json ? new ModelDescription(model.Input, model, Text(json)) : Of(model.Build(), model.Input);
    }

    /// <summary>Describes any graph of the engine's own layers.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="input">The shape of one image.</param>
    /// <exception cref="ArgumentException">A layer is of a class of your own, its name has a '/', or it shares weights of a layer elsewhere.</exception>
    public static ModelDescription Of(Graph graph, Shape input)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ObjectWriter writer = new();
        writer.Write("input", input);
        GraphJson.Write(graph, writer);
        return new ModelDescription(input, null, Text(writer.Json));
    }

    /// <summary>Describes layers one behind the other.</summary>
    /// <param name="layers">The network.</param>
    /// <param name="input">The shape of one image.</param>
    /// <exception cref="ArgumentException">As above.</exception>
    public static ModelDescription Of(Sequential layers, Shape input)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return Of(layers.ToGraph(), input);
    }

    /// <summary>Describes the graph that a network was compiled from.</summary>
    /// <exception cref="ArgumentException">As above.</exception>
    public static ModelDescription Of(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Of(network.Graph, network.InputShape);
    }

    /// <summary>A graph with layers of its own, which have no weights yet.</summary>
    public Graph Build() => Model is not null ? Model.Build() : GraphJson.Read(ObjectReader.Of(_json, Maker));

    /// <summary>The description as JSON, indented; <see cref="Parse(string, string)"/> reads it.</summary>
    public string ToJson() => ObjectWriter.ToText(ToJsonObject(), indented: true);

    /// <summary>The same as a part of a larger JSON text.</summary>
    public JsonObject ToJsonObject() => (JsonObject)JsonNode.Parse(_json)!;

    /// <inheritdoc/>
    public bool Equals(ModelDescription? other) => other is not null && _json == other._json;

    /// <inheritdoc/>
    public override int GetHashCode() => _json.GetHashCode(StringComparison.Ordinal);

    /// <summary>The description in one line.</summary>
    public override string ToString() => _json;

    /// <summary>What a compilation would give, without memory.</summary>
    internal NetworkPlan Plan(NetworkOptions options) => NetworkCompiler.Compile(Build(), Input, options, LayerPlan.MemoryUse.None);

    /// <summary>A message without the parameter's name that .NET adds.</summary>
    internal static string MessageOf(ArgumentException error) => error.Message.Split(" (Parameter '")[0].ReplaceLineEndings(" ");

    private static ModelDescription Read(ObjectReader reader)
    {
        string source = reader.Where;
        ModelDescription description;
        if (reader.Has("model"))
        {
            if (reader.Has("layers")) throw reader.Error("there are \"model\" and \"layers\"; a network is described by one of them");
            Model model = ModelOptions.ReadModel(reader);
            reader.RefuseOthers();
            description = Of(model);
        }
        else
        {
            if (!reader.Has("layers")) throw reader.Error("there is neither \"model\", the name of a network, nor \"layers\", a list");
            Shape input = reader.Shape("input");
            Graph graph = GraphJson.Read(reader);
            reader.RefuseOthers();
            description = Of(graph, input);
        }
        try
        {
            description.Plan(new NetworkOptions { BatchSize = 1 });
            return description;
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{source}: {MessageOf(error)}", error);
        }
        catch (OverflowException error)
        {
            throw new InvalidDataException($"{source}: the network has more numbers than can be counted", error);
        }
    }

    private static string Text(JsonObject json) => ObjectWriter.ToText(json, indented: false);
}
