using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CnnEngine.Bench.Reports;

/// <summary>
/// A file that is written once, at the end of a run. Whether it can be is found out at the beginning, so that no run is in vain; it
/// is written under another name and renamed, so that a run that fails leaves an earlier file as it was.
/// </summary>
internal sealed class OutputFile
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;

    private OutputFile(string path) => _path = path;

    private string Unfinished => _path + ".unfinished";

    /// <summary>Checks that the file can be written.</summary>
    /// <returns>The file, or null if the option was not given.</returns>
    /// <exception cref="IOException">It cannot be written; the message names the option.</exception>
    public static OutputFile? Open(string option, string? path)
    {
        if (path is null) return null;
        if (Directory.Exists(path)) throw new IOException($"{option} {path}: this is a folder; a file's name is needed");
        OutputFile file = new(Path.GetFullPath(path));
        if (!Directory.Exists(Path.GetDirectoryName(file._path))) throw new IOException($"{option} {path}: its folder does not exist");
        try
        {
            using FileStream trial = new(file.Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {path}: no file can be made in its folder", error);
        }
        return file;
    }

    /// <summary>Writes an array of rows, one a line.</summary>
    public void WriteJson<T>(IReadOnlyList<T> rows) =>
        Write(rows.Count == 0 ? "[]\n" : "[\n" + string.Join(",\n", rows.Select(row => "  " + JsonSerializer.Serialize(row, JsonOptions))) + "\n]\n");

    /// <summary>Writes a page: what was measured where and how, then the tables.</summary>
    public void WriteMarkdown(string title, IReadOnlyList<(string What, string Value)> facts, string tables)
    {
        StringBuilder text = new($"# {title}\n\n| | |\n|---|---|\n");
        foreach ((string what, string value) in Machine.Facts.Concat(facts)) text.Append(CultureInfo.InvariantCulture, $"| {what} | {value} |\n");
        text.Append('\n').Append(tables.TrimEnd()).Append('\n');
        Write(text.ToString());
    }

    private void Write(string text)
    {
        File.WriteAllText(Unfinished, text);
        File.Move(Unfinished, _path, overwrite: true);
    }
}
