using System.Text;
using CnnEngine.Serialization;

namespace CnnEngine.Data;

public sealed partial class ImageListing
{
    private static readonly string[] FileHeaders = ["file", "filename", "path", "image"], LabelHeaders = ["label", "class"];

    /// <summary>
    /// Reads a list of <c>file,label</c>, a line for each picture (RFC 4180, UTF-8): the path, relative to the list's folder, and the name of the
    /// class. A first line of <c>file,label</c> is passed over. Classes come in the order of their names' code points.
    /// </summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="classNames">The classes that there must be no others beside, by their labels; null to take the list's.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no such list; the message names the line and what would be right.</exception>
    public static ImageListing OfCsv(string path, IReadOnlyList<string>? classNames = null)
    {
        List<CsvFile.Record> records = CsvFile.Read(path);
        if (records is [{ Fields: [var file, var label] }, ..] && IsOneOf(FileHeaders, file) && IsOneOf(LabelHeaders, label)) records.RemoveAt(0);
        if (records.Count == 0) throw new InvalidDataException($"{path}: lists no pictures; a line for each is needed: file,label");
        foreach (CsvFile.Record record in records)
        {
            if (record.Fields.Length != 2) throw Wrong(record, $"has {record.Fields.Length} {(record.Fields.Length == 1 ? "field" : "fields")}; there must be two, file,label");
            if (record.Fields[0].Length == 0 || record.Fields[0].Contains('\0')) throw Wrong(record, "names no file");
            if (record.Fields[1].Length == 0) throw Wrong(record, "has no label");
        }
        string[] names = [.. records.Select(record => record.Fields[1]).Distinct().Order(StringComparer.Ordinal)];
        if (classNames is null && names.Length == 1) throw OneClass(path, names[0]);
        classNames ??= names;
        Dictionary<string, int> labelOf = LabelsOf(classNames);

        string folder = Path.GetDirectoryName(path) ?? "";
        string[] paths = new string[records.Count];
        int[] labels = new int[records.Count];
        Dictionary<string, int> seen = new(records.Count, StringComparer.Ordinal);
        for (int i = 0; i < records.Count; i++)
        {
            string name = records[i].Fields[1];
            if (!labelOf.TryGetValue(name, out labels[i]))
                throw Wrong(records[i], $"has the label {Quoting.Quote(name)}; there are {Quoting.QuoteSome([.. classNames])}");
            if (labels[i] == Ambiguous) throw Wrong(records[i], $"has the label {Quoting.Quote(name)}; the network has several classes of this name");
            paths[i] = Path.Combine(folder, records[i].Fields[0]);
            if (!seen.TryAdd(paths[i], i) && labels[seen[paths[i]]] != labels[i])
                throw Wrong(records[i], $"says that {Quoting.Quote(records[i].Fields[0])} is {Quoting.Quote(name)}; line {records[seen[paths[i]]].Line} says that it is {Quoting.Quote(classNames[labels[seen[paths[i]]]])}");
        }
        return new ImageListing(path, classNames, paths, labels, []);

        InvalidDataException Wrong(CsvFile.Record record, string what) => new($"{path}: line {record.Line} {what}");
    }

    private static bool IsOneOf(string[] names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
