using System.Globalization;
using System.Text;

namespace CnnEngine.Analysis;

public sealed partial record NetworkSummary
{
    /// <summary>The summary for a console: what the layers cost, what they see, and the memory that the network takes.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        SummaryTable.OfCosts(this).WriteText(text);
        text.AppendLine();
        SummaryTable.OfFields(this).WriteText(text);
        text.AppendLine();
        foreach (string line in MemoryLines()) text.AppendLine(line);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>The same as Markdown.</summary>
    public string ToMarkdown()
    {
        StringBuilder text = new();
        SummaryTable.OfCosts(this).WriteMarkdown(text);
        text.AppendLine();
        SummaryTable.OfFields(this).WriteMarkdown(text);
        text.AppendLine();
        foreach (string line in MemoryLines()) text.AppendLine($"- {line}");
        return text.ToString().ReplaceLineEndings("\n");
    }

    internal IEnumerable<string> MemoryLines()
    {
        if (Training is not null) yield return Line("memory of training", Training);
        yield return Line("memory of inference", Inference);

        string Line(string what, MemorySummary memory)
        {
            string gradients = memory.Gradients > 0 ? $"{Bytes(memory.Gradients)} gradients, " : "";
            return $"{what}, batch {Options.BatchSize} of {Input}: {Bytes(memory.Total)} ({Bytes(memory.Parameters)} parameters, {gradients}"
                + $"{Bytes(memory.BetweenLayers)} between layers, {Bytes(memory.Batch)} images and outputs)";
        }
    }

    private static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };
}
