using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>Precision, recall and F1 of each class, the worst first.</summary>
internal static class ClassesSection
{
    private const int MostRows = 100;

    public static ReportSection? Of(ReportContext context) => context.Evaluation is not { } evaluation ? context.Missing("classes", "Classes") : new("classes", "Classes", html =>
    {
        List<(string Name, ClassMetrics Metrics)> rows = [.. evaluation.Classes.Select((metrics, c) => (context.Data.NameOf(c), metrics)).OrderBy(row => row.metrics.F1)];
        html.Write($"""
            <p class="about">Precision: the share of the guesses of a class that are right. Recall: the share of its images that are found. F1: their harmonic mean, by which the classes are sorted, the worst first{(rows.Count > MostRows ? $"; {MostRows} of {rows.Count}" : "")}.</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Metrics of the classes"><table class="wide classes">
            <thead><tr><th scope="col" class="text">class</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">images</th><th scope="col">guesses</th></tr></thead><tbody>
            """);
        foreach ((string name, ClassMetrics metrics) in rows.Take(MostRows)) Row(html, name, metrics);
        html.Write($"</tbody><tfoot>");
        Row(html, "mean of the classes", evaluation.Macro);
        Row(html, "all images together", evaluation.Micro);
        html.Write($"</tfoot></table></div>");
    });

    private static void Row(HtmlWriter html, string name, ClassMetrics metrics) => html.Write($"""
        <tr><th scope="row" class="text">{name}</th><td>{Overview.Percent(metrics.Precision)}</td><td>{Overview.Percent(metrics.Recall)}</td>
        <td>{Overview.Percent(metrics.F1)}<span class="bar" style="--v:{metrics.F1:0.###}"></span></td><td>{metrics.Images:#,0}</td><td>{metrics.Guesses:#,0}</td></tr>
        """);
}
