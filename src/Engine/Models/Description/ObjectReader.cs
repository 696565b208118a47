using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using static CnnEngine.Serialization.Quoting;

namespace CnnEngine.Models;

/// <summary>
/// One object of a JSON text that a person may have written. Its keys are asked for one by one, with what they must be; a wrong value is
/// refused in a line that says where it stands and what would be right, and so is a key that nobody asked for.
/// </summary>
/// <param name="json">The object.</param>
/// <param name="where">What it is, for messages: the file and the place in it.</param>
internal sealed class ObjectReader(JsonObject json, string where)
{
    // Larger numbers are mistakes: of channels and features, and of a window's size, stride or padding.
    private const int Most = 1 << 20;
    private const int MostInWindow = 1 << 12;

    private static readonly JsonDocumentOptions Reading = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };

    private readonly List<string> _known = [];

    /// <summary>The object of a whole text.</summary>
    /// <exception cref="InvalidDataException">The text is no JSON, or not an object.</exception>
    public static ObjectReader Of(string json, string source)
    {
        try
        {
            return new ObjectReader(Object(JsonNode.Parse(json, documentOptions: Reading), source), source);
        }
        catch (JsonException error)
        {
            // The parser's message ends with the place, which it also gives in numbers, where there is one.
            string what = error.Message.Split(" LineNumber:")[0].Split(" encountered during")[0].TrimEnd('.');
            string place = error.LineNumber is { } line ? $"{source}, line {line + 1}, byte {error.BytePositionInLine + 1}" : source;
            throw new InvalidDataException($"{place}: this is not JSON: {what}", error);
        }
    }

    /// <summary>A node that must be an object.</summary>
    public static JsonObject Object(JsonNode? node, string where) =>
        node as JsonObject ?? throw new InvalidDataException($"{where}: this is {Show(node)}; it must be an object in braces");

    /// <summary>What it is, for messages.</summary>
    public string Where { get; set; } = where;

    /// <summary>Whether there is a key.</summary>
    public bool Has(string key)
    {
        if (!_known.Contains(key)) _known.Add(key);
        return json[key] is not null;
    }

    public int Integer(string key, int? usual = null, int least = 1) =>
        !Has(key) ? usual ?? throw Missing(key, Whole(least)) : IsInteger(json[key], least, out int number) ? number : throw Wrong(key, Whole(least));

    public float Number(string key, float? usual = null)
    {
        const string right = "a number";
        if (!Has(key)) return usual ?? throw Missing(key, right);
        return json[key] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out float number) && float.IsFinite(number)
            ? number : throw Wrong(key, right);
    }

    public double Double(string key, double usual)
    {
        if (!Has(key)) return usual;
        return json[key] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out double number) && double.IsFinite(number)
            ? number : throw Wrong(key, "a number");
    }

    public bool Flag(string key, bool usual) => !Has(key) ? usual : json[key]!.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    public string? Text(string key) => !Has(key) ? null : IsText(json[key], out string? text) ? text : throw Wrong(key, "a text in quotes");

    /// <summary>One of several words.</summary>
    public T Choice<T>(string key, T usual, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (!Has(key)) return usual;
        foreach ((string word, T value) in choices)
            if (IsText(json[key], out string? text) && text == word) return value;
        throw Wrong(key, string.Join(" or ", choices.ToArray().Select(choice => Quote(choice.Word))));
    }

    /// <summary>One number for both axes, or [rows, columns].</summary>
    public Size2 Size(string key, Size2? usual = null, int least = 1)
    {
        string right = $"{Whole(least, MostInWindow)}, or two of them: [rows, columns]";
        if (!Has(key)) return usual ?? throw Missing(key, right);
        if (IsInteger(json[key], least, out int both, MostInWindow)) return both;
        return json[key] is JsonArray { Count: 2 } pair && IsInteger(pair[0], least, out int rows, MostInWindow) && IsInteger(pair[1], least, out int columns, MostInWindow)
            ? (rows, columns) : throw Wrong(key, right);
    }

    /// <summary>"same", one number for all sides, or [top, bottom, left, right].</summary>
    public Padding Padding(string key, Padding usual = default)
    {
        if (!Has(key)) return usual;
        if (IsText(json[key], out string? text) && text == "same") return Kernels.Padding.Same;
        if (IsInteger(json[key], 0, out int all, MostInWindow)) return all;
        int[] sides = new int[4];
        bool isRight = json[key] is JsonArray { Count: 4 };
        for (int i = 0; i < 4 && isRight; i++) isRight = IsInteger(json[key]![i], 0, out sides[i], MostInWindow);
        return isRight ? new Padding(sides[0], sides[1], sides[2], sides[3])
            : throw Wrong(key, $"{Whole(0, MostInWindow)}, \"same\", or [top, bottom, left, right]");
    }

    /// <summary>Extents, outermost first.</summary>
    public Shape Shape(string key, Shape? usual = null)
    {
        const string right = "a list of 1 to 3 whole numbers of at least 1, as in [3, 224, 224] for channels, rows and columns";
        if (!Has(key)) return usual ?? throw Missing(key, right);
        IReadOnlyList<int> extents = Integers(key, 1, right);
        if (extents.Count > 3) throw Wrong(key, right);
        try
        {
            return new Shape([.. extents]);
        }
        catch (ArgumentException)
        {
            throw Wrong(key, "a shape of at most 2³¹−1 numbers");
        }
    }

    /// <summary>Whole numbers, at least one.</summary>
    public IReadOnlyList<int> Integers(string key, int least, string? right = null, IReadOnlyList<int>? usual = null)
    {
        right ??= $"a list of whole numbers from {least} to {Most}";
        if (!Has(key)) return usual ?? throw Missing(key, right);
        return AllIntegers(json[key], least) ?? throw Wrong(key, right);
    }

    /// <summary>Rows of whole numbers.</summary>
    public IReadOnlyList<IReadOnlyList<int>> IntegerRows(string key, string right)
    {
        if (!Has(key)) throw Missing(key, right);
        List<IReadOnlyList<int>> rows = [];
        foreach (JsonNode? row in json[key] as JsonArray ?? throw Wrong(key, right)) rows.Add(AllIntegers(row, 0) ?? throw Wrong(key, right));
        return rows;
    }

    /// <summary>One text, or a list of them; null if there is none.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (!Has(key)) return null;
        if (IsText(json[key], out string? one)) return [one];
        List<string> texts = [];
        foreach (JsonNode? node in json[key] as JsonArray ?? throw Wrong(key, "a text in quotes, or a list of them"))
            texts.Add(IsText(node, out string? text) ? text : throw Wrong(key, "a text in quotes, or a list of them"));
        return texts;
    }

    /// <summary>A list of anything.</summary>
    public JsonArray? List(string key) => !Has(key) ? null : json[key] as JsonArray ?? throw Wrong(key, "a list in brackets");

    /// <summary>An object.</summary>
    public JsonObject? Object(string key) => !Has(key) ? null : json[key] as JsonObject ?? throw Wrong(key, "an object in braces");

    /// <summary>How weights begin: a name, a number, or <c>{"kind": "kaiming", "factor": 0.1}</c>.</summary>
    public Initializer Initializer(string key, Initializer usual)
    {
        if (!Has(key)) return usual;
        if (json[key] is JsonObject scaled)
        {
            ObjectReader reader = new(scaled, $"{Where}: {Quote(key)}");
            Initializer kind = reader.Initializer("kind", usual);
            float factor = reader.Number("factor");
            reader.RefuseOthers();
            return factor > 0 ? kind.Scaled(factor) : throw reader.Wrong("factor", "a number above 0");
        }
        if (json[key]!.GetValueKind() == JsonValueKind.Number) return Initialization.Initializer.Constant(Number(key));
        return Choice(key, usual, ("kaiming", Initialization.Initializer.Kaiming), ("xavier", Initialization.Initializer.Xavier), ("lecun", Initialization.Initializer.LeCun));
    }

    /// <summary>The filter of a layer without weights: the name of a known one, or <c>{"name": "mine", "weights": [[0, 1], [2, 3]]}</c>.</summary>
    [SuppressMessage("Performance", "CA1814", Justification = "A filter is a rectangle.")]
    public Layers.ImageFilter Filter(string key)
    {
        string right = $"an object with \"name\" and \"weights\", or one of {string.Join(", ", Layers.ImageFilter.All.Select(filter => Quote(filter.Name)))}";
        if (!Has(key)) throw Missing(key, right);
        if (IsText(json[key], out string? known)) return Layers.ImageFilter.All.FirstOrDefault(filter => filter.Name == known) ?? throw Wrong(key, right);
        ObjectReader reader = new(json[key] as JsonObject ?? throw Wrong(key, right), $"{Where}: {Quote(key)}");
        string name = reader.Text("name") ?? "filter";
        const string rectangle = "rows of numbers, all of one length";
        JsonArray rows = reader.List("weights") ?? throw reader.Missing("weights", rectangle);
        reader.RefuseOthers();
        int columns = rows.Count > 0 && rows[0] is JsonArray first ? first.Count : 0;
        float[,] weights = new float[rows.Count, columns];
        for (int r = 0; r < rows.Count; r++)
        {
            if (rows[r] is not JsonArray row || row.Count != columns) throw reader.Wrong("weights", rectangle);
            for (int s = 0; s < columns; s++)
                weights[r, s] = row[s] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out float weight) ? weight : throw reader.Wrong("weights", rectangle);
        }
        return new Layers.ImageFilter(name, weights);
    }

    /// <summary>To be called when all keys have been asked for.</summary>
    /// <exception cref="InvalidDataException">There is another key.</exception>
    public void RefuseOthers()
    {
        string[] others = [.. json.Select(pair => pair.Key).Where(key => !_known.Contains(key))];
        if (others.Length > 0) throw Error($"there is no option {QuoteSome(others)}; there are {string.Join(", ", _known.Select(Quote))}");
    }

    /// <summary>A value that is not what it must be.</summary>
    public InvalidDataException Wrong(string key, string right) => Error($"{Quote(key)} is {Show(json[key])}; it must be {right}");

    public InvalidDataException Missing(string key, string right) => Error($"{Quote(key)} is missing; it must be {right}");

    public InvalidDataException Error(string what) => new($"{Where}: {what}");

    private static string Whole(int least, int most = Most) => $"a whole number from {least} to {most}";

    private static bool IsInteger(JsonNode? node, int least, out int number, int most = Most)
    {
        number = 0;
        return node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out number) && number >= least && number <= most;
    }

    private static bool IsText(JsonNode? node, [NotNullWhen(true)] out string? text)
    {
        text = node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        return text is not null;
    }

    private static int[]? AllIntegers(JsonNode? node, int least)
    {
        if (node is not JsonArray { Count: > 0 } list) return null;
        int[] numbers = new int[list.Count];
        for (int i = 0; i < numbers.Length; i++)
            if (!IsInteger(list[i], least, out numbers[i])) return null;
        return numbers;
    }

    /// <summary>A value as it stands in the text, cut when it is long.</summary>
    private static string Show(JsonNode? node)
    {
        if (node is null) return "null";
        if (IsText(node, out string? text)) return Quote(text);
        string json = node.ToJsonString();
        return json.Length <= 100 ? json : json[..100] + "…";
    }
}
