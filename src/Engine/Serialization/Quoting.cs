using System.Text.Encodings.Web;
using System.Text.Json;

namespace CnnEngine.Serialization;

/// <summary>Text out of a file, made fit for a one-line message: quoted, escaped as in JSON, and cut when it is long.</summary>
internal static class Quoting
{
    /// <summary>Escapes only what JSON demands, so that names stay readable in the file and in messages.</summary>
    public static readonly JavaScriptEncoder JsonEscaping = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private const int MaxCharacters = 100;
    private const int MaxNames = 4;

    /// <summary>One text in quotes.</summary>
    public static string Quote(string text)
    {
        if (text.Length <= MaxCharacters) return $"\"{JsonEncodedText.Encode(text, JsonEscaping)}\"";
        int cut = char.IsHighSurrogate(text[MaxCharacters - 1]) ? MaxCharacters - 1 : MaxCharacters;
        return $"\"{JsonEncodedText.Encode(text.AsSpan(0, cut), JsonEscaping)}…\"";
    }

    /// <summary>The first few of many names in quotes, and how many more there are.</summary>
    public static string QuoteSome(IReadOnlyCollection<string> names)
    {
        string few = string.Join(", ", names.Take(MaxNames).Select(Quote));
        return names.Count <= MaxNames ? few : $"{few} and {names.Count - MaxNames} more";
    }
}
