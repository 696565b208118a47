using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace CnnEngine.Runs;

/// <summary>
/// Reads JSON into records by their metadata, with messages for people: which file, which key, what it is, and what there is. A part that
/// comes in several kinds may leave out its <c>kind</c> as long as it is to be laid over another one that has it.
/// </summary>
internal static class ConfigReader
{
    /// <summary>The key that says which of several kinds a part is of.</summary>
    public const string Kind = "kind";

    // What makes a part another one.
    private static readonly string[] Identities = [Kind, "model", "layers"];

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    /// <summary>Reads a file's JSON object.</summary>
    /// <exception cref="ConfigurationException">It is no JSON, or no object.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static JsonObject ReadObject(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: Lenient) as JsonObject
                ?? throw new ConfigurationException($"{path}: it must be a JSON object, {{ … }}");
        }
        catch (JsonException error)
        {
            throw new ConfigurationException(
                $"{path}: it is no JSON: {FirstSentence(error.Message)} (line {error.LineNumber + 1})", error);
        }
    }

    /// <summary>Makes a record of JSON.</summary>
    /// <exception cref="ConfigurationException">A key is unknown, a value of the wrong kind, or the kind of a part is left out.</exception>
    public static T Read<T>(JsonNode json, JsonTypeInfo<T> type, string source)
    {
        Check(json, type, source, "", isWhole: true);
        try
        {
            return (json is JsonObject members ? Completed(members, type) : json).Deserialize(type)!;
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException($"{source}: {Message(error)}", error);
        }
    }

    /// <summary>Checks keys and values.</summary>
    /// <param name="json">The value; null is JSON's null.</param>
    /// <param name="type">What it is to become.</param>
    /// <param name="source">The file, for messages.</param>
    /// <param name="path">The key of the value, with those above it; empty at the top.</param>
    /// <param name="isWhole">Whether parts of several kinds must say of which they are.</param>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public static void Check(JsonNode? json, JsonTypeInfo type, string source, string path, bool isWhole)
    {
        if (json is JsonObject values && type.PolymorphismOptions is { } kinds)
        {
            if (KindOf(values, kinds, source, path) is { } derived) type = type.Options.GetTypeInfo(derived);
            else if (!isWhole) return;
            else throw Wrong($"has no {Kind}; it must be one of {Words(kinds)}");
        }
        if (type.Kind == JsonTypeInfoKind.Object)
        {
            if (json is not JsonObject members) throw Wrong($"is {Text(json)}; it must be an object, {{ … }}");
            foreach ((string key, JsonNode? value) in members)
            {
                if (key == Kind && type.Properties.All(known => known.Name != Kind)) continue;
                JsonPropertyInfo property = type.Properties.FirstOrDefault(known => known.Name == key)
                    ?? throw new ConfigurationException(
                        $"{source}: there is no key {Join(path, key)}; {(path.Length == 0 ? "there are" : $"in {path} there are")} {string.Join(", ", type.Properties.Select(known => known.Name))}");
                if (value is null && property.IsSetNullable) continue;
                Check(value, type.Options.GetTypeInfo(property.PropertyType), source, Join(path, key), isWhole);
            }
            return;
        }
        try
        {
            // A number beyond its type's range is read as infinity.
            if (json?.Deserialize(type) is null or float.PositiveInfinity or float.NegativeInfinity or double.PositiveInfinity or double.NegativeInfinity) throw new JsonException();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw Wrong($"is {Text(json)}; it must be {Wanted(type.Type)}", error);
        }

        ConfigurationException Wrong(string what, Exception? error = null) => new($"{source}: {(path.Length == 0 ? "the whole" : path)} {what}", error);
    }

    /// <summary>
    /// Lays one object over another, member by member. A part of another kind than the one below takes its place, as does another network;
    /// one without a kind changes some of its members.
    /// </summary>
    public static JsonObject Merge(JsonObject below, JsonObject above)
    {
        JsonObject merged = (JsonObject)below.DeepClone();
        foreach ((string key, JsonNode? value) in above)
        {
            bool isMerged = merged[key] is JsonObject old && value is JsonObject added
                && Identities.All(identity => !added.ContainsKey(identity) || JsonNode.DeepEquals(added[identity], old[identity]));
            merged[key] = isMerged ? Merge((JsonObject)merged[key]!, (JsonObject)value!) : value?.DeepClone();
        }
        return merged;
    }

    /// <summary>How a choice is written.</summary>
    public static string Word<T>(T choice) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName($"{choice}");

    /// <summary>An argument's error in one line: its name and value, as far as they are known, and what is wrong.</summary>
    public static string Message(ArgumentException error)
    {
        string what = error.Message.Split(" (Parameter", 2)[0].ReplaceLineEndings(" ");
        object? value = (error as ArgumentOutOfRangeException)?.ActualValue;
        return value is null ? what : string.Create(CultureInfo.InvariantCulture, $"{(error.ParamName is null or "value" ? "" : error.ParamName + " ")}is {value}; {what}");
    }

    // Metadata that is made at compile time gives init properties that are left out zeros, not their defaults.
    private static JsonObject Completed(JsonObject json, JsonTypeInfo type)
    {
        if (type.PolymorphismOptions is { } kinds) type = type.Options.GetTypeInfo(KindOf(json, kinds, "", "")!);
        JsonObject whole = (JsonObject)json.DeepClone();
        foreach (JsonPropertyInfo property in type.Properties)
        {
            JsonTypeInfo part = type.Options.GetTypeInfo(property.PropertyType);
            if (!whole.ContainsKey(property.Name)) whole[property.Name] = JsonSerializer.SerializeToNode(property.Get!(ConfigDefaults.Of(type.Type)), part);
            else if (whole[property.Name] is JsonObject members && part.Kind == JsonTypeInfoKind.Object) whole[property.Name] = Completed(members, part);
        }
        return whole;
    }

    private static Type? KindOf(JsonObject json, JsonPolymorphismOptions kinds, string source, string path)
    {
        if (!json.TryGetPropertyValue(Kind, out JsonNode? kind)) return null;
        foreach (JsonDerivedType derived in kinds.DerivedTypes)
            if (kind is JsonValue value && value.TryGetValue(out string? word) && word == (string?)derived.TypeDiscriminator) return derived.DerivedType;
        throw new ConfigurationException($"{source}: {Join(path, Kind)} is {Text(kind)}; it must be one of {Words(kinds)}");
    }

    private static string Words(JsonPolymorphismOptions kinds) => string.Join(", ", kinds.DerivedTypes.Select(derived => derived.TypeDiscriminator));

    private static string Wanted(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return $"one of {string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.KebabCaseLower.ConvertName))}";
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        if (type == typeof(float)) return "a number of at most 3.4E+38";
        if (type == typeof(double)) return "a number";
        return type.IsArray ? $"a list of values, each {Wanted(type.GetElementType()!)}" : "a text";
    }

    private static string Text(JsonNode? json)
    {
        const int most = 40;
        string text = json?.ToJsonString() ?? "null";
        return text.Length <= most ? text : $"{text.AsSpan(0, most)}…";
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : string.Create(CultureInfo.InvariantCulture, $"{path}.{key}");

    private static string FirstSentence(string message) => message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0].TrimEnd(' ', '|', '.');
}
