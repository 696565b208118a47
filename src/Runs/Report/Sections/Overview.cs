using System.Globalization;

namespace CnnEngine.Runs.Report;

/// <summary>The few numbers that one wants to see first.</summary>
internal static class Overview
{
    public static void Write(HtmlWriter html, ReportContext context)
    {
        List<(string Name, string Value)> facts = [.. Facts(context)];
        if (facts.Count == 0) return;
        html.Write($"""<dl class="facts">""");
        foreach ((string name, string value) in facts) html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>");
        html.Write($"</dl>");
    }

    private static IEnumerable<(string, string)> Facts(ReportContext context)
    {
        IReadOnlyList<MetricsLine> epochs = context.Data.Epochs;
        if (context.Evaluation is { } evaluation)
        {
            yield return ("accuracy", Percent(evaluation.Accuracy));
            yield return ("mean F1", Percent(evaluation.Macro.F1));
            yield return ("mistakes", (evaluation.Images - evaluation.Right).ToString("#,0", CultureInfo.InvariantCulture));
        }
        else if (epochs is [.., { ValidationAccuracy: { } last }])
        {
            yield return ("accuracy, last epoch", Percent(last));
        }
        if (epochs.Count > 0)
        {
            yield return ("epochs", epochs.Count.ToString("#,0", CultureInfo.InvariantCulture));
            yield return ("training time", Duration(epochs.Sum(epoch => epoch.Seconds)));
            yield return ("images/s", epochs.Average(epoch => epoch.ImagesPerSecond).ToString("#,0", CultureInfo.InvariantCulture));
        }
        if (context.Data.Summary is { } summary) yield return ("parameters", Short(summary.Parameters));
    }

    public static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + "\u00a0%" : "–";

    private static string Duration(double seconds) => seconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60} min {(int)seconds % 60} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 3600} h {(long)seconds % 3600 / 60} min"),
    };

    private static string Short(long number) => number switch
    {
        < 100_000 => number.ToString("#,0", CultureInfo.InvariantCulture),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.00} M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:#,0.0} M"),
    };
}
