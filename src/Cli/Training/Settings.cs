using System.Text.Json;
using System.Text.Json.Nodes;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Training;

/// <summary>What the command line says of a configuration, to be laid over what a file says.</summary>
internal sealed class Settings
{
    public JsonObject Json { get; } = [];

    /// <summary>Sets a key, with those above it: <c>optimizer.momentum</c>; nothing if there is no value.</summary>
    public void Set(string? value, string key)
    {
        if (value is not null) SetJson(value, key);
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(int? value, string key)
    {
        if (value is { } number) SetJson(number, key);
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(float? value, string key)
    {
        if (value is { } number) SetJson(number, key);
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(double? value, string key)
    {
        if (value is { } number) SetJson(number, key);
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(bool? value, string key)
    {
        if (value is { } isSo) SetJson(isSo, key);
    }

    /// <summary>Sets a key to any JSON.</summary>
    public void SetJson(JsonNode? value, string key)
    {
        JsonObject place = Json;
        string[] names = key.Split('.');
        foreach (string name in names[..^1])
        {
            if (place[name] is not JsonObject inner) place[name] = inner = [];
            place = inner;
        }
        place[names[^1]] = value;
    }

    /// <summary>Sets a key by a text such as <c>optimizer.beta2=0.95</c>; what is no JSON is a text.</summary>
    /// <exception cref="ConfigurationException">There is no key or no value.</exception>
    public void Assign(string assignment)
    {
        string[] parts = assignment.Split('=', 2);
        if (parts.Length != 2 || parts[0].Split('.').Any(string.IsNullOrWhiteSpace))
            throw new ConfigurationException($"--set is '{assignment}'; it must be a key and a value, as in optimizer.beta2=0.95");
        JsonNode? value;
        try
        {
            value = JsonNode.Parse(parts[1]);
        }
        catch (JsonException)
        {
            value = parts[1];
        }
        SetJson(value, parts[0]);
    }

    /// <summary>Sets the data: a kind, or a path.</summary>
    /// <exception cref="DirectoryNotFoundException">It is neither.</exception>
    public void SetData(string data)
    {
        foreach ((string key, JsonNode? value) in DataConfig.SettingsOf(data)) SetJson(value?.DeepClone(), $"data.{key}");
    }

    /// <summary>Whether a network is named by a file with a description.</summary>
    public static bool IsFile(string model) => model.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Sets the network: a name, or a file with a description.</summary>
    /// <exception cref="ConfigurationException">The file has no JSON object.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void SetModel(string model)
    {
        if (!IsFile(model))
        {
            SetJson(model, "model.model");
            return;
        }
        PathCheck.RequireFile("--model", model);
        SetJson(RunConfig.ReadModel(model), "model");
    }
}
