using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CnnEngine.Models;
using CnnEngine.Runs;
using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary><c>docs/runs.md</c> names every key that there is, and no other.</summary>
public partial class RunsPageTests
{
    private static readonly string Page = Repository.Read("docs/runs.md");

    // Something that is right for each key that must be given.
    private static readonly JsonObject Samples = JsonNode.Parse("""
        { "channels": 2, "size": 1, "features": 2, "output": 2, "factor": 2, "groups": 1, "levels": [1], "probability": 0.5, "inputs": 1, "table": [[0]], "filter": "sharpen", "padding": 0, "margins": 0 }
        """)!.AsObject();

    [Fact]
    public void The_configuration_has_every_key()
    {
        string example = JsonBlocks().Matches(Page)[0].Groups[1].Value;
        JsonObject written = JsonNode.Parse(example, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!.AsObject();
        JsonObject whole = RunConfig.Parse((JsonObject)written.DeepClone(), "docs/runs.md").ToJson();
        Assert.Equal(Keys(whole, ""), Keys(written, ""));

        static SortedSet<string> Keys(JsonObject json, string above)
        {
            SortedSet<string> keys = new(StringComparer.Ordinal);
            foreach ((string key, JsonNode? value) in json)
            {
                keys.Add(above + key);
                if (value is JsonObject inner) keys.UnionWith(Keys(inner, $"{above}{key}."));
            }
            return keys;
        }
    }

    [Fact]
    public void Optimisers_and_schedules_have_their_keys()
    {
        foreach (string part in (string[])["optimizer", "schedule"])
            foreach ((string kind, string[] keys) in Rows($"`{part}`"))
            {
                JsonObject whole = RunConfig.Parse(new JsonObject { [part] = new JsonObject { ["kind"] = kind } }, "test").ToJson()[part]!.AsObject();
                Assert.Equal(whole.Select(key => key.Key).Except(["kind", "rate", "warmUp"]).Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
            }
        string unknown = Assert.Throws<ConfigurationException>(() => RunConfig.Parse(new JsonObject { ["schedule"] = new JsonObject { ["kind"] = "?" } }, "test")).Message;
        Assert.EndsWith($"it must be one of {string.Join(", ", Rows("`schedule`").Select(row => row.Kind).OrderBy(kind => unknown.IndexOf(kind, StringComparison.Ordinal)))}", unknown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_network_is_one()
    {
        JsonObject json = JsonNode.Parse(JsonBlocks().Matches(Page)[1].Groups[1].Value)!.AsObject();
        json["input"] = new JsonArray(1, 28, 28);
        Assert.Equal(10, ModelDescription.Parse(json, "docs/runs.md").Build().Compile(new Shape(1, 28, 28), new Graphs.NetworkOptions { BatchSize = 1 }).OutputShape[0]);
    }

    /// <summary>Every kind of layer with its keys. With <c>CNNENGINE_WRITE_DOCS=1</c> in the environment, the table is written instead of compared.</summary>
    [Fact]
    public void Layers_have_their_keys()
    {
        string table = string.Concat(Kinds().Select(kind => $"| `{kind}` | {string.Join(", ", KeysOf(kind))} |\n"));
        string page = Page[..(Page.LastIndexOf("|---|---|\n", StringComparison.Ordinal) + 10)] + table;
        if (Environment.GetEnvironmentVariable("CNNENGINE_WRITE_DOCS") == "1") File.WriteAllText(Repository.PathOf("docs/runs.md"), page);
        else Assert.Equal(page, Page);

        static string[] Kinds() => Refused(new JsonObject { ["kind"] = "?" }).Split("one of ")[1].Split(", ");

        static IEnumerable<string> KeysOf(string kind)
        {
            JsonObject layer = new() { ["kind"] = kind, ["?"] = 1 };
            List<string> needed = [];
            while (Missing().Match(Refused(layer)) is { Success: true } missing)
            {
                needed.Add(missing.Groups[1].Value);
                layer[needed[^1]] = Samples[needed[^1]]!.DeepClone();
            }
            return Known().Matches(Refused(layer).Split("; there are ")[1]).Select(key => key.Groups[1].Value).Except(["kind", "name", "from", "shares"])
                .Select(key => needed.Contains(key) ? $"**`{key}`**" : $"`{key}`");
        }

        static string Refused(JsonObject layer) => Assert.Throws<InvalidDataException>(() => ModelDescription.Parse(
            new JsonObject { ["input"] = new JsonArray(1, 8, 8), ["layers"] = new JsonArray(layer.DeepClone()) }, "test")).Message;
    }

    private static IEnumerable<(string Kind, string[] Keys)> Rows(string header) =>
        Page.Split($"| {header} |")[1].Split("|---|---|\n")[1].Split("\n\n")[0].Split('\n').Select(line => line.Split('|'))
            .SelectMany(cells => Ticked().Matches(cells[1]).Select(kind => (kind.Groups[1].Value, Ticked().Matches(cells[2]).Select(key => key.Groups[1].Value).ToArray())));

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlocks();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Ticked();

    [GeneratedRegex("\"(\\w+)\" is missing")]
    private static partial Regex Missing();

    [GeneratedRegex("\"(\\w+)\"")]
    private static partial Regex Known();
}
