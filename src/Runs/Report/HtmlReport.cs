using System.Reflection;
using System.Text;
using CnnEngine.Serialization;

namespace CnnEngine.Runs.Report;

/// <summary>
/// A training as one HTML file that needs nothing else: style, script, charts and pictures are in it, and a policy in its head forbids it to load
/// anything. Light and dark, for wide and narrow screens. Charts are drawn by uPlot, whose licence is in the page.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the report of a run to its place in the run's folder: of the best network, or the last one before the first epoch is over.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <exception cref="ConfigurationException">The configuration is not one.</exception>
    /// <exception cref="InvalidDataException">A file of the folder is damaged.</exception>
    /// <exception cref="IOException">There is no run in the folder, or something cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(RunFolder folder, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Write(ReportData.Of(folder, progress, cancellation), folder.Report, progress, cancellation);
    }

    /// <summary>Writes the page whole or not at all.</summary>
    /// <param name="data">What to report.</param>
    /// <param name="path">Where to.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <exception cref="ArgumentException">The network and the images do not fit each other.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(ReportData data, string path, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] page = Encoding.UTF8.GetBytes(ToHtml(data, progress, cancellation));
        AtomicFile.Write(path, stream => stream.Write(page));
    }

    /// <summary>The page as text.</summary>
    /// <param name="data">What to report.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <exception cref="ArgumentException">The network and the images do not fit each other.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static string ToHtml(ReportData data, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ReportContext context = new(data, progress, cancellation);
        List<ReportSection> sections =
        [
            .. new ReportSection?[]
            {
                FindingsSection.Of(context), CurvesSection.Of(context), ConfusionSection.Of(context), ClassesSection.Of(context), MistakesSection.Of(context),
                AttentionSection.Of(context), FiltersSection.Of(context), FeatureMapsSection.Of(context), ModelSection.Of(context), ConfigurationSection.Of(context),
            }.OfType<ReportSection>(),
        ];
        HtmlWriter html = new();
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="color-scheme" content="light dark">
            <link rel="icon" href="data:,">
            <title>{data.Title}</title>
            <style>{Resource("uPlot.min.css")}</style>
            <style>
            {Resource("report.css")}</style>
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header>
            <h1>{data.Title}</h1>
            <p class="lead">{data.Subtitle}</p>
            """);
        if (data.DataFault is { } fault) html.Write($"""<p role="note"><strong>The run’s images could not be opened</strong>, and nothing was measured on them for this report: {fault}</p>""");
        Overview.Write(html, context);
        html.Write($"""<nav aria-label="Sections"><ul>""");
        foreach (ReportSection section in sections) html.Write($"""<li><a href="#{section.Id}">{section.Title}</a></li>""");
        html.Write($"""
            </ul></nav>
            </header>
            <main id="content">
            """);
        foreach (ReportSection section in sections)
        {
            context.Begin(section, sections);
            html.Write($"""
                <section id="{section.Id}" aria-labelledby="{section.Id}-title">
                <h2 id="{section.Id}-title">{section.Title}</h2>
                """);
            section.Write(html);
            html.Write($"</section>");
        }
        html.Write($"""
            </main>
            <footer>
            <p>Written by CnnEngine {typeof(ReportData).Assembly.GetName().Version!.ToString(3)}.</p>
            <details><summary>Licence of uPlot, which draws the charts</summary><pre>{Text("LICENSE")}</pre></details>
            </footer>
            """);
        if (data.Epochs.Count > 0)
            html.Write($"""
                <script type="application/json" id="numbers">{CurvesSection.Json(data.Epochs)}</script>
                <script>{Resource("uPlot.iife.min.js")}</script>
                <script>
                {Resource("report.js")}</script>
                """);
        html.Write($"</body>\n</html>");
        return html.ToString();
    }

    private static Markup Resource(string name) => new(Text(name));

    private static string Text(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
