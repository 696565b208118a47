using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>Which pixels count for the class that the network takes an image for: by the gradient, and by covering them.</summary>
internal static class AttentionSection
{
    // Patches to try along the longer side of an image: each is a forward pass.
    private const int MostPlaces = 16;

    public static ReportSection? Of(ReportContext context) => context.Samples.Count == 0 ? null : new("attention", "What it looks at", html =>
    {
        html.Write($"""
            <p class="about">Gradient: the pixels that move the score of the guessed class most if they change. Occlusion: where a grey patch takes probability from that class (amber), or gives it some (blue). Each map by its own scale.</p>
            <div class="samples">
            """);
        Shape shape = context.Network!.InputShape;
        Tensor images = Tensor.Zeros(shape.Prepend(context.Samples.Count));
        for (int i = 0; i < context.Samples.Count; i++) context.Samples[i].Image.Span.CopyTo(images.Images(i, 1).Span);
        Tensor gradients = Saliency.Of(context.Network, images, [.. context.Samples.Select(sample => sample.Guess)]);
        for (int i = 0; i < context.Samples.Count; i++)
        {
            Sample sample = context.Samples[i];
            (string label, string guess) = (context.Data.NameOf(sample.Label), context.Data.NameOf(sample.Guess));
            Tensor drops = OcclusionFor(shape).Of(context.Network, sample.Image, sample.Guess);
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

    private static Occlusion OcclusionFor(Shape shape)
    {
        int patch = Math.Clamp(Math.Min(shape[1], shape[2]) / 5, Math.Min(3, Math.Min(shape[1], shape[2])), Math.Min(shape[1], shape[2]));
        return new Occlusion { Patch = patch, Stride = Math.Clamp(Math.Max(shape[1], shape[2]) / MostPlaces, 1, patch) };
    }
}
