using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Serialization;
using static CnnEngine.Serialization.Quoting;

namespace CnnEngine.Models;

/// <summary>
/// A graph as a list of layers. Each reads what the one before computes, unless <c>"from"</c> names others; <c>"shares"</c> names the layer
/// whose weights it takes. Names are those of the compiled network: a layer's own, or its kind and a number.
/// </summary>
internal static class GraphJson
{
    /// <summary>The name of the images.</summary>
    private const string Input = "input";

    /// <summary>Writes <c>layers</c> and <c>outputs</c>.</summary>
    /// <exception cref="ArgumentException">A layer is of a class that has no kind, or its name cannot stand in a file.</exception>
    public static void Write(Graph graph, ObjectWriter writer)
    {
        LayerNames names = new();
        List<string> bySeat = [Input];
        Dictionary<Layer, string> byLayer = [];
        JsonArray layers = [];
        foreach ((Layer layer, int[] inputs) in graph.Layers)
        {
            string name = names.Next(layer);
            LayerKind kind = LayerKind.All.FirstOrDefault(kind => kind.Type == layer.GetType())
                ?? throw new ArgumentException($"layer {bySeat.Count} \"{name}\": {layer.GetType().Name} is no layer of the engine's own and cannot be described");
            if (NameFault(name) is { } fault) throw new ArgumentException($"layer {bySeat.Count}: the name {Quote(name)} {fault}");
            ObjectWriter one = new();
            one.Write("kind", kind.Name).Write("name", layer.Name);
            if (inputs is not [var only] || only != bySeat.Count - 1) one.Write("from", [.. inputs.Select(seat => bySeat[seat])]);
            if (layer.SharesWith is { } other)
                one.Write("shares", byLayer.TryGetValue(other, out string? shared) ? shared
                    : throw new ArgumentException($"layer {bySeat.Count} \"{name}\" shares the weights of a layer that does not stand before it"));
            kind.Write(layer, one);
            layers.Add((JsonNode)one.Json);
            bySeat.Add(name);
            byLayer.Add(layer, name);
        }
        writer.Add("layers", layers);
        if (graph.FurtherOutputs.Count == 0) return;
        JsonArray outputs = [];
        foreach ((int seat, float weight) in graph.FurtherOutputs)
            outputs.Add(weight == 0 ? JsonValue.Create(bySeat[seat]) : new ObjectWriter().Write("from", bySeat[seat]).Write("weight", weight).Json);
        writer.Add("outputs", outputs);
    }

    /// <summary>The graph of <c>layers</c> and <c>outputs</c>, with new layers.</summary>
    /// <exception cref="InvalidDataException">Something in it is not as it must be; the message says what and where.</exception>
    public static Graph Read(ObjectReader reader)
    {
        JsonArray layers = reader.List("layers") ?? throw reader.Missing("layers", "a list of layers");
        JsonArray? outputs = reader.List("outputs");
        Graph graph = new();
        LayerNames names = new();
        Dictionary<string, (Value Value, Layer? Layer)> known = new() { [Input] = (graph.Input, null) };
        Value last = graph.Input;
        for (int i = 0; i < layers.Count; i++)
        {
            string where = $"{reader.Where}: layer {i + 1}";
            ObjectReader one = new(ObjectReader.Object(layers[i], where), where);
            one.Has("kind");
            string? name = one.Text("name");
            if (name is not null)
            {
                one.Where += $" {Quote(name)}";
                if (NameFault(name) is { } fault) throw one.Error($"the name {fault}");
            }
            Layer layer = ReadLayer(one).Placed(name, Shared(one, known));
            name = names.Next(layer);
            Value[] inputs = Inputs(one, layer, known, last);
            last = graph.Add(layer, inputs);
            if (!known.TryAdd(name, (last, layer))) throw one.Error($"another layer before it is named {Quote(name)}; names must differ");
        }
        for (int i = 0; i < outputs?.Count; i++) ReadOutput(graph, outputs[i], $"{reader.Where}: output {i + 1}", known);
        return graph;
    }

    /// <summary>What is wrong with a layer's name; weights go by it in files, beside tensors whose names have a slash.</summary>
    private static string? NameFault(string name) => name.Length == 0 ? "is empty" : name.Contains(ModelFile.Separator) ? $"has a '{ModelFile.Separator}'" : null;

    private static Layer ReadLayer(ObjectReader reader)
    {
        string name = reader.Text("kind") ?? throw reader.Missing("kind", "a kind of layer");
        LayerKind kind = LayerKind.All.FirstOrDefault(kind => kind.Name == name)
            ?? throw reader.Wrong("kind", $"one of {string.Join(", ", LayerKind.All.Select(kind => kind.Name))}");
        reader.Where += reader.Has("name") ? "" : $" ({kind.Name})";
        reader.Has("from");
        reader.Has("shares");
        try
        {
            Layer layer = kind.Read(reader);
            reader.RefuseOthers();
            return layer;
        }
        catch (ArgumentException error)
        {
            throw reader.Error(ModelDescription.MessageOf(error));
        }
    }

    private static Layer? Shared(ObjectReader reader, Dictionary<string, (Value Value, Layer? Layer)> known)
    {
        if (reader.Text("shares") is not { } shares) return null;
        return known.TryGetValue(shares, out (Value Value, Layer? Layer) other) && other.Layer is not null ? other.Layer
            : throw reader.Wrong("shares", $"the name of a layer before it: {Names(known)}");
    }

    private static Value[] Inputs(ObjectReader reader, Layer layer, Dictionary<string, (Value Value, Layer? Layer)> known, Value last)
    {
        if (reader.Texts("from") is not { } from)
            return layer.InputCount == 1 ? [last] : throw reader.Missing("from", $"the names of the {layer.InputCount} layers that it reads");
        if (from.Count != layer.InputCount) throw reader.Wrong("from", $"{layer.InputCount} names, which is what {layer} reads");
        return [.. from.Select(name => known.TryGetValue(name, out (Value Value, Layer? Layer) source) ? source.Value
            : throw reader.Wrong("from", $"of layers before it: {Names(known)}"))];
    }

    private static void ReadOutput(Graph graph, JsonNode? node, string where, Dictionary<string, (Value Value, Layer? Layer)> known)
    {
        ObjectReader reader = new(node as JsonObject ?? new JsonObject { ["from"] = node?.DeepClone() }, where);
        float weight = reader.Number("weight", 0);
        string from = reader.Text("from") ?? throw reader.Missing("from", "the name of a layer");
        reader.RefuseOthers();
        if (!known.TryGetValue(from, out (Value Value, Layer? Layer) source)) throw reader.Wrong("from", $"the name of a layer: {Names(known)}");
        try
        {
            if (reader.Has("weight")) graph.AddAuxiliary(source.Value, weight);
            else graph.AddOutput(source.Value);
        }
        catch (ArgumentException error)
        {
            throw reader.Error(ModelDescription.MessageOf(error));
        }
    }

    /// <summary>The last few names: the one that was meant is rarely far.</summary>
    private static string Names(Dictionary<string, (Value Value, Layer? Layer)> known)
    {
        const int most = 8;
        return (known.Count > most ? "…, " : "") + string.Join(", ", known.Keys.Skip(known.Count - most).Select(Quote));
    }
}
