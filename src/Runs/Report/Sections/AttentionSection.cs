using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>Which pixels count for the class that the network takes an image for: by the gradient, and by covering them.</summary>
internal static class AttentionSection
{
    // Places of the patch along the longer side of an image: each of them is a forward pass.
    private const int LeastPlaces = 5, MostPlaces = 24;

    // Multiply-adds of all these passes, some seconds' worth: large networks get fewer places, and larger patches if need be.
    private const double MostMultiplyAdds = 1e12;

    public static ReportSection? Of(ReportContext context) => context.Samples.Count == 0 ? context.Missing("attention", "What it looks at") : new("attention", "What it looks at", html =>
    {
        html.Write($"""
            <p class="about">Gradient: the pixels that move the score of the guessed class most if they change. Occlusion: where a grey patch takes probability from that class (amber), or gives it some (blue). Each map by its own scale.</p>
            <div class="samples">
            """);
        Shape shape = context.Network!.InputShape;
        Tensor images = Tensor.Zeros(shape.Prepend(context.Samples.Count));
        for (int i = 0; i < context.Samples.Count; i++) context.Samples[i].Image.Span.CopyTo(images.Images(i, 1).Span);
        Tensor gradients = Saliency.Of(context.Network, images, [.. context.Samples.Select(sample => sample.Guess)]);
        Occlusion occlusion = OcclusionFor(shape, context.Network.Layers.Sum(layer => layer.MultiplyAdds), context.Samples.Count);
        for (int i = 0; i < context.Samples.Count; i++)
        {
            context.Advance((i + 1.0) / (context.Samples.Count + 1));
            Sample sample = context.Samples[i];
            (string label, string guess) = (context.Data.NameOf(sample.Label), context.Data.NameOf(sample.Guess));
            Tensor drops = occlusion.Of(context.Network, sample.Image, sample.Guess);
            html.Write($"""
                <figure><div class="three">
                <div><img src="{ReportPictures.Source(sample.Picture)}" alt="An image of {label}"><span>image</span></div>
                <div><img src="{ReportPictures.Source(ReportPictures.Overlay(sample.Picture, gradients.Images(i, 1).Span))}" alt="Gradient of the score of {guess} over the image"><span>gradient</span></div>
                <div><img src="{ReportPictures.Source(ReportPictures.Overlay(sample.Picture, drops.Span))}" alt="Drop of the probability of {guess} where the image is covered"><span>occlusion</span></div>
                </div><figcaption><strong>{label}</strong>, taken for <strong>{guess}</strong>, {100 * sample.Confidence:0.0}&nbsp;% sure</figcaption></figure>
                """);
        }
        html.Write($"</div>");
    });

    /// <summary>A patch of a fifth of the image, moved as far at a time as the network's cost wants it.</summary>
    /// <param name="image">The shape of an image.</param>
    /// <param name="multiplyAdds">Those of the network, for one image.</param>
    /// <param name="images">How many images there are to look at.</param>
    internal static Occlusion OcclusionFor(Shape image, long multiplyAdds, int images)
    {
        (int shorter, int longer) = (Math.Min(image[1], image[2]), Math.Max(image[1], image[2]));
        double cost = (double)images * Math.Max(1, multiplyAdds) * shorter / longer;
        int places = (int)Math.Clamp(Math.Sqrt(MostMultiplyAdds / cost), LeastPlaces, MostPlaces);
        int patch = Math.Min(shorter, Math.Max(3, Math.Max(shorter / 5, (longer + places - 1) / places)));
        // The first place is at one end, the last at the other.
        int stride = Math.Clamp((longer - patch + places - 2) / (places - 1), 1, patch);
        return new Occlusion { Patch = patch, Stride = stride };
    }
}
