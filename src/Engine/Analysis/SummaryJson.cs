using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CnnEngine.Analysis;

public sealed partial record NetworkSummary
{
    // Options hold the sign ×, which need not be escaped: the text is no part of a web page.
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same as JSON: bytes and counts as whole numbers, shares from 0 to 1, what is along both axes as [rows, columns].</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, JsonOptions))
        {
            json.WriteStartObject();
            WriteShape(json, "input", Input);
            json.WriteNumber("batchSize", Options.BatchSize);
            json.WriteStartArray("layers");
            foreach (LayerSummary layer in Layers) WriteLayer(json, layer);
            json.WriteEndArray();
            json.WriteNumber("parameters", Parameters);
            WriteCost(json, Cost);
            json.WriteNumber("activationBytes", ActivationBytes);
            if (Training is not null) WriteMemory(json, "training", Training);
            WriteMemory(json, "inference", Inference);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteLayer(Utf8JsonWriter json, LayerSummary layer)
    {
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteString("options", layer.Options);
        json.WriteStartArray("inputs");
        foreach (string input in layer.Inputs) json.WriteStringValue(input);
        json.WriteEndArray();
        WriteShape(json, "output", layer.Output);
        json.WriteNumber("parameters", layer.Parameters);
        json.WriteNumber("shareOfParameters", layer.ShareOfParameters);
        WriteCost(json, layer.Cost);
        json.WriteNumber("shareOfCompute", layer.ShareOfCompute);
        if (layer.Cpr is { } cpr) json.WriteNumber("cpr", cpr);
        json.WriteNumber("activationBytes", layer.ActivationBytes);
        if (layer.Field is { } field)
        {
            WritePair(json, "field", field.Rows.Size, field.Columns.Size);
            WritePair(json, "jump", field.Rows.Jump, field.Columns.Jump);
            WritePair(json, "centre", field.Rows.Centre, field.Columns.Centre);
        }
        json.WriteEndObject();
    }

    private static void WriteCost(Utf8JsonWriter json, Layers.LayerCost cost)
    {
        json.WriteNumber("multiplyAdds", cost.MultiplyAdds);
        json.WriteNumber("flops", cost.Flops);
        json.WriteNumber("flopsWithoutBias", cost.FlopsWithoutBias);
    }

    private static void WriteMemory(Utf8JsonWriter json, string name, MemorySummary memory)
    {
        json.WriteStartObject(name);
        json.WriteNumber("parameters", memory.Parameters);
        json.WriteNumber("gradients", memory.Gradients);
        json.WriteNumber("betweenLayers", memory.BetweenLayers);
        json.WriteNumber("batch", memory.Batch);
        json.WriteNumber("total", memory.Total);
        json.WriteEndObject();
    }

    private static void WriteShape(Utf8JsonWriter json, string name, Shape shape)
    {
        json.WriteStartArray(name);
        foreach (int extent in shape.ToArray()) json.WriteNumberValue(extent);
        json.WriteEndArray();
    }

    private static void WritePair(Utf8JsonWriter json, string name, double rows, double columns)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(rows);
        json.WriteNumberValue(columns);
        json.WriteEndArray();
    }
}
