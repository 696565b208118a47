using System.Globalization;
using System.Text;

namespace CnnEngine.Analysis;

/// <summary>A summary as rows of words: the same table for the console and for Markdown.</summary>
internal sealed class SummaryTable
{
    private readonly List<string[]> _rows = [];
    private readonly Column[] _columns;

    private SummaryTable(NetworkSummary summary, Column[] columns)
    {
        _columns = columns;
        foreach (LayerSummary layer in summary.Layers) _rows.Add(Array.ConvertAll(columns, column => column.Cell(layer)));
        _rows.Add(Array.ConvertAll(columns, column => column.Total(summary)));
    }

    /// <summary>What the layers are and what they cost.</summary>
    public static SummaryTable OfCosts(NetworkSummary summary)
    {
        List<Column> columns =
        [
            new("layer", layer => layer.Name, _ => "total", IsNumber: false),
            new("options", layer => layer.Options, _ => "", IsNumber: false),
            new("output", layer => $"{layer.Output}", _ => "", IsNumber: false),
            new("parameters", layer => Number(layer.Parameters), total => Number(total.Parameters)),
            new("%", layer => Percent(layer.ShareOfParameters), _ => ""),
            new("multiply-adds", layer => Number(layer.Cost.MultiplyAdds), total => Number(total.Cost.MultiplyAdds)),
            new("%", layer => Percent(layer.ShareOfCompute), _ => ""),
            new("CPR", layer => layer.Cpr is { } cpr ? Number(cpr) : "", _ => ""),
        ];
        if (!IsChain(summary)) columns.Insert(2, new("reads", layer => string.Join(", ", layer.Inputs), _ => "", IsNumber: false));
        return new SummaryTable(summary, [.. columns]);
    }

    /// <summary>Operations, activations and receptive fields.</summary>
    public static SummaryTable OfFields(NetworkSummary summary) => new(summary,
    [
        new("layer", layer => layer.Name, _ => "total", IsNumber: false),
        new("FLOPs", layer => Number(layer.Cost.Flops), total => Number(total.Cost.Flops)),
        new("without bias", layer => Number(layer.Cost.FlopsWithoutBias), total => Number(total.Cost.FlopsWithoutBias)),
        new("activation bytes", layer => Number(layer.ActivationBytes), total => Number(total.ActivationBytes)),
        new("field", layer => layer.Field?.Pair(f => f.Size) ?? "", _ => ""),
        new("jump", layer => layer.Field?.Pair(f => f.Jump) ?? "", _ => ""),
        new("centre", layer => layer.Field?.Pair(f => f.Centre) ?? "", _ => ""),
    ]);

    /// <summary>Two spaces between columns, a line above the total.</summary>
    public void WriteText(StringBuilder text)
    {
        int[] widths = [.. _columns.Select((column, i) => _rows.Max(row => Math.Max(row[i].Length, column.Title.Length)))];
        Line(Array.ConvertAll(_columns, column => column.Title));
        foreach (string[] row in _rows[..^1]) Line(row);
        text.AppendLine(new string('─', widths.Sum() + (2 * (widths.Length - 1))));
        Line(_rows[^1]);

        void Line(string[] cells) => text.AppendLine(string.Join("  ", cells.Select((cell, i) =>
            _columns[i].IsNumber ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>A table of GitHub's Markdown.</summary>
    public void WriteMarkdown(StringBuilder text)
    {
        Line(_columns.Select(column => column.Title));
        text.AppendLine($"|{string.Concat(_columns.Select(column => column.IsNumber ? "---:|" : "---|"))}");
        foreach (string[] row in _rows) Line(row);

        void Line(IEnumerable<string> cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");
    }

    /// <summary>Whether every layer reads the one before.</summary>
    private static bool IsChain(NetworkSummary summary) =>
        summary.Layers.Select((layer, i) => layer.Inputs.Count == 1 && (i == 0 || layer.Inputs[0] == summary.Layers[i - 1].Name)).All(isNext => isNext);

    private static string Number(double number) => number == 0 ? "" : number.ToString("#,0.##", CultureInfo.InvariantCulture);

    private static string Percent(double share) => share == 0 ? "" : (100 * share).ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record Column(string Title, Func<LayerSummary, string> Cell, Func<NetworkSummary, string> Total, bool IsNumber = true);
}
