using System.Text;

namespace CnnEngine.Bench.Reports;

/// <summary>A table that is printed line by line while it grows, and once more as Markdown.</summary>
/// <param name="columns">Heading and width of each column; a negative width is for numbers, which stand on the right.</param>
internal sealed class Table(params (string Heading, int Width)[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>The headings, padded.</summary>
    public string Heading => Pad([.. columns.Select(column => column.Heading)]);

    /// <summary>Adds a row.</summary>
    /// <returns>The row, padded.</returns>
    public string Add(params string[] cells)
    {
        _rows.Add(cells);
        return Pad(cells);
    }

    /// <summary>The whole table in Markdown.</summary>
    public string ToMarkdown()
    {
        StringBuilder text = new();
        AppendRow([.. columns.Select(column => column.Heading)]);
        AppendRow([.. columns.Select(column => column.Width < 0 ? "---:" : "---")]);
        foreach (string[] row in _rows) AppendRow(row);
        return text.ToString();

        void AppendRow(string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    private string Pad(string[] cells) => string.Join("  ", cells.Select((cell, i) =>
        columns[i].Width < 0 ? cell.PadLeft(-columns[i].Width) : cell.PadRight(columns[i].Width))).TrimEnd();
}
