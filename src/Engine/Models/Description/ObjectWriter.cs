using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Serialization;

namespace CnnEngine.Models;

/// <summary>Makes one object of a JSON text, key by key; what is as usual is left out.</summary>
internal sealed class ObjectWriter
{
    public JsonObject Json { get; } = [];

    /// <summary>A node as text: one line, or indented.</summary>
    public static string ToText(JsonNode node, bool indented)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = Quoting.JsonEscaping })) node.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public ObjectWriter Write(string key, int value, int? usual = null) => value == usual ? this : Add(key, JsonValue.Create(value));

    public ObjectWriter Write(string key, float value, float? usual = null) => value == usual ? this : Add(key, JsonValue.Create(value));

    public ObjectWriter Write(string key, double value, double? usual = null) => value == usual ? this : Add(key, JsonValue.Create(value));

    public ObjectWriter Write(string key, bool value, bool usual) => value == usual ? this : Add(key, JsonValue.Create(value));

    public ObjectWriter Write(string key, string? value) => value is null ? this : Add(key, JsonValue.Create(value));

    public ObjectWriter Write(string key, Shape value) => Write(key, value.ToArray());

    public ObjectWriter Write(string key, Size2 value, Size2? usual = null) => value == usual ? this : Add(key, Size(value));

    public ObjectWriter Write(string key, Padding value, Padding usual = default) => value == usual ? this : Add(key, value switch
    {
        { IsSame: true } => JsonValue.Create("same"),
        { Top: var side } when value == side => JsonValue.Create(side),
        _ => List([value.Top, value.Bottom, value.Left, value.Right]),
    });

    public ObjectWriter Write(string key, IReadOnlyList<int> values) => Add(key, List(values));

    public ObjectWriter Write(string key, Initializer value, Initializer usual)
    {
        if (value == usual) return this;
        (string name, float? constant, float factor) = value.Description;
        JsonNode kind = constant is { } number ? JsonValue.Create(number) : JsonValue.Create(name);
        return Add(key, factor == 1 ? kind : new JsonObject { ["kind"] = kind, ["factor"] = JsonValue.Create(factor) });
    }

    public ObjectWriter Write(string key, ImageFilter filter)
    {
        if (ImageFilter.All.Contains(filter)) return Write(key, filter.Name);
        JsonArray rows = [];
        for (int r = 0; r < filter.Size.Height; r++)
        {
            JsonArray row = [];
            foreach (float weight in filter.Weights.Slice(r * filter.Size.Width, filter.Size.Width)) row.Add((JsonNode)JsonValue.Create(weight));
            rows.Add((JsonNode)row);
        }
        return Add(key, new JsonObject { ["name"] = filter.Name, ["weights"] = rows });
    }

    public ObjectWriter Write(string key, ConnectionTable table)
    {
        JsonArray rows = [];
        for (int output = 0; output < table.Outputs; output++)
            rows.Add((JsonNode)List([.. Enumerable.Range(0, table.Inputs).Where(input => table[output, input])]));
        return Add(key, rows);
    }

    /// <summary>One text as it is, several as a list.</summary>
    public ObjectWriter Write(string key, IReadOnlyList<string> texts) =>
        texts.Count == 1 ? Write(key, texts[0]) : Add(key, new JsonArray([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]));

    public ObjectWriter Add(string key, JsonNode value)
    {
        Json.Add(key, value);
        return this;
    }

    private static JsonNode Size(Size2 size) => size.Height == size.Width ? JsonValue.Create(size.Height) : List([size.Height, size.Width]);

    private static JsonArray List(IReadOnlyList<int> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(value))]);
}
