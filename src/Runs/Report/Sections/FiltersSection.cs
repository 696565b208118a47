using CnnEngine.Analysis;
using CnnEngine.Imaging;

namespace CnnEngine.Runs.Report;

/// <summary>The filters of the first layer.</summary>
internal static class FiltersSection
{
    private const int MostFilters = 96;

    public static ReportSection? Of(ReportContext context)
    {
        if (context.Network is null) return null;
        (string layer, IReadOnlyList<Picture> filters) = FilterPictures.OfFirstLayer(context.Network);
        return filters.Count == 0 ? null : new("filters", "First filters", html =>
        {
            string some = filters.Count > MostFilters ? $", the first {MostFilters} of {filters.Count}" : "";
            html.Write($"""
                <p class="about">The weights of {layer}{some}, all by one scale: grey is 0, the largest magnitude is black or white. Smooth edges and blobs are a good sign, noise is not.</p>
                <div class="maps filters">
                """);
            for (int i = 0; i < Math.Min(filters.Count, MostFilters); i++)
                html.Write($"""<img src="{ReportPictures.Source(filters[i])}" alt="Filter {i + 1} of {layer}">""");
            html.Write($"</div>");
        });
    }
}
