namespace CnnEngine.Runs.Report;

/// <summary>What the doctor says.</summary>
internal static class FindingsSection
{
    public static ReportSection? Of(ReportContext context) => context.Data.Findings is not { } findings ? null : new("findings", "Diagnosis", html =>
    {
        if (context.Data.DataFault is not null) html.Write($"""<p class="about">Only the curves were looked at: the rest of the diagnosis needs the run’s images, which could not be opened.</p>""");
        if (findings.Count == 0)
        {
            html.Write($"<p>Nothing was found that would need attention.</p>");
            return;
        }
        html.Write($"""<ul class="findings">""");
        foreach (Finding finding in findings.OrderByDescending(finding => finding.Severity))
            html.Write($"""
                <li class="{finding.Severity.ToString().ToLowerInvariant()}"><span class="kind">{finding.Severity}</span>
                <h3>{finding.Title}</h3><p>{finding.Text}</p><p class="about">{finding.Advice}</p></li>
                """);
        html.Write($"</ul>");
    });
}
