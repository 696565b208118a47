using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Layers;

namespace CnnEngine.Runs.Report;

/// <summary>What some layers make of some images.</summary>
internal static class FeatureMapsSection
{
    private const int MostLayers = 4;
    private const int MostChannels = 16;
    private const int MostSamples = 2;

    public static ReportSection? Of(ReportContext context)
    {
        if (context.Samples.Count == 0) return context.Missing("features", "Feature maps");
        List<NetworkLayer> layers = Choose(context.Network!);
        return layers.Count == 0 ? null : new("features", "Feature maps", html =>
        {
            html.Write($"""<p class="about">What layers make of an image, channel by channel, the lighter the stronger; each layer by one scale. A channel that is black for every image does nothing.</p>""");
            foreach (Sample sample in context.Samples.Take(MostSamples))
            {
                IReadOnlyList<Tensor> maps = FeatureMaps.Of(context.Network!, sample.Image.Reshape(sample.Image.Shape.Prepend(1)), [.. layers.Select(layer => layer.Name)]);
                string name = context.Data.NameOf(sample.Label);
                html.Write($"""
                    <div class="mapsample"><figure><img src="{ReportPictures.Source(sample.Picture)}" alt="An image of {name}"><figcaption>{name}</figcaption></figure><div>
                    """);
                for (int i = 0; i < layers.Count; i++) Write(html, layers[i], maps[i].Reshape(layers[i].Output));
                html.Write($"</div></div>");
            }
        });
    }

    private static void Write(HtmlWriter html, NetworkLayer layer, Tensor map)
    {
        int shown = Math.Min(MostChannels, map.Shape[0]);
        html.Write($"""
            <p class="maplabel">{layer.Name}, {layer.Output}{(shown < map.Shape[0] ? $", {shown} of {map.Shape[0]} channels" : "")}</p>
            <div class="maps">
            """);
        IReadOnlyList<Picture> pictures = FilterPictures.OfChannels(map);
        for (int c = 0; c < shown; c++) html.Write($"""<img src="{ReportPictures.Source(pictures[c])}" alt="Channel {c + 1} of {layer.Name}">""");
        html.Write($"</div>");
    }

    /// <summary>Layers with maps, spread evenly: activations if there are some, convolutions otherwise.</summary>
    private static List<NetworkLayer> Choose(Network network)
    {
        List<NetworkLayer> maps = [.. network.Layers.Where(layer => layer.Output.Rank == 3 && layer.Output[1] * layer.Output[2] > 1)];
        List<NetworkLayer> some = maps.FindAll(layer => layer.Layer is ActivationLayer);
        if (some.Count == 0) some = maps.FindAll(layer => layer.Layer.Parameters.Count > 0);
        return some.Count <= MostLayers ? some : [.. Enumerable.Range(0, MostLayers).Select(i => some[i * (some.Count - 1) / (MostLayers - 1)])];
    }
}
