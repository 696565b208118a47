namespace CnnEngine.Runs.Report;

/// <summary>The settings of the training.</summary>
internal static class ConfigurationSection
{
    public static ReportSection? Of(ReportContext context) => context.Data.Configuration is not { } configuration ? null : new("configuration", "Configuration", html =>
        html.Write($"""<pre tabindex="0">{configuration}</pre>"""));
}
