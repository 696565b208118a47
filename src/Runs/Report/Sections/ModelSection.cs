using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>The network, layer by layer.</summary>
internal static class ModelSection
{
    public static ReportSection? Of(ReportContext context) => context.Data.Summary is not { } summary ? null : new("model", "Network", html =>
    {
        html.Write($"""
            <p class="about">For one image of {summary.Input}. {string.Join(" ", summary.MemoryLines().Select(line => $"{char.ToUpperInvariant(line[0])}{line[1..]}."))}</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Layers of the network"><table class="wide layers">
            <thead><tr><th scope="col" class="text">layer</th><th scope="col" class="text">options</th><th scope="col" class="text">output</th><th scope="col">parameters</th><th scope="col">multiply-adds</th><th scope="col">receptive field</th></tr></thead><tbody>
            """);
        foreach (LayerSummary layer in summary.Layers)
            html.Write($"""
                <tr><th scope="row" class="text">{layer.Name}</th><td class="text options">{layer.Options}</td><td class="text">{layer.Output}</td>
                <td>{layer.Parameters:#,#}</td><td>{layer.Cost.MultiplyAdds:#,#}</td><td>{(layer.Field is { } field ? $"{field.Rows.Size:0.#}×{field.Columns.Size:0.#}" : "")}</td></tr>
                """);
        html.Write($"""
            </tbody><tfoot><tr><th scope="row" class="text">total</th><td></td><td></td><td>{summary.Parameters:#,0}</td><td>{summary.Cost.MultiplyAdds:#,0}</td><td></td></tr></tfoot></table></div>
            """);
    });
}
