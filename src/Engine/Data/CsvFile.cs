using System.Text;
using CnnEngine.Serialization;

namespace CnnEngine.Data;

/// <summary>
/// Comma-separated values of RFC 4180 in UTF-8: fields with commas, quotes or line ends stand in quotes, a quote in them twice. Lines may end
/// in CR LF or LF; empty ones are passed over. The reader is the project's own, for want of a package that gives lines' numbers with errors.
/// </summary>
internal static class CsvFile
{
    private const long MaxLength = 1 << 28;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A record and the line that it begins in, from 1.</summary>
    public readonly record struct Record(int Line, string[] Fields);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no such text; the message names the line.</exception>
    public static List<Record> Read(string path)
    {
        byte[] bytes = InputFile.ReadAll(path, MaxLength, "list");
        try
        {
            return Parse(Utf8.GetString(bytes).TrimStart('\ufeff'), path);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"{path}: is no text in UTF-8: byte {error.Index} is wrong", error);
        }
    }

    private static List<Record> Parse(string text, string path)
    {
        List<Record> records = [];
        List<string> fields = [];
        StringBuilder quoted = new();
        for (int at = 0, line = 1, first = 1; at < text.Length; first = line)
        {
            fields.Clear();
            for (bool isLast = false; !isLast;)
            {
                if (at < text.Length && text[at] == '"')
                {
                    fields.Add(Quoted(ref at, ref line));
                    if (at < text.Length && text[at] is not (',' or '\r' or '\n'))
                        throw Wrong(line, "has text behind a closing quote; a quote within quotes is written twice");
                }
                else
                {
                    int end = text.AsSpan(at).IndexOfAny(",\r\n\"") is var length and >= 0 ? at + length : text.Length;
                    fields.Add(text[at..end]);
                    at = end;
                    if (at < text.Length && text[at] == '"') throw Wrong(line, "has a quote in a field that does not begin with one");
                }
                if (at < text.Length && text[at] == ',') at++;
                else isLast = true;
            }
            if (at < text.Length && text[at] == '\r') at++;
            if (at < text.Length && text[at] == '\n') at++;
            line++;
            if (fields is not [""]) records.Add(new Record(first, [.. fields]));
        }
        return records;

        string Quoted(ref int at, ref int line)
        {
            int begin = line;
            quoted.Clear();
            for (at++; at < text.Length; at++)
            {
                if (text[at] == '"' && (++at == text.Length || text[at] != '"')) return quoted.ToString();
                if (text[at] == '\n') line++;
                quoted.Append(text[at]);
            }
            throw Wrong(begin, "has a quote that is not closed");
        }

        InvalidDataException Wrong(int line, string what) => new($"{path}: line {line} {what}");
    }
}
