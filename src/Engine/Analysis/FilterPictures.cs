using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>Numbers of a network as pictures: its filters, and maps of features.</summary>
public static class FilterPictures
{
    /// <summary>
    /// The filters of the first layer that has any, the only ones that can be looked at like images: in colours if it reads three channels, in grey,
    /// channel by channel, otherwise. All have the same scale: 0 is mid-grey, the largest magnitude of all is black or white.
    /// </summary>
    /// <returns>The layer's name and a picture for each filter, or for each channel of each; no pictures if no layer has filters.</returns>
    public static (string Layer, IReadOnlyList<Picture> Pictures) OfFirstLayer(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        foreach (NetworkLayer layer in network.Layers)
            if (layer.Layer.Parameters.FirstOrDefault(parameter => parameter.Shape.Rank == 4) is { } filters) return (layer.Name, Of(filters.Value));
        return ("", []);
    }

    /// <summary>Filters K×C×R×S as pictures, all by the same scale.</summary>
    /// <exception cref="ArgumentException">The tensor has not four dimensions.</exception>
    public static IReadOnlyList<Picture> Of(Tensor filters)
    {
        if (filters.Shape.Rank != 4) throw new ArgumentException($"the tensor is {filters.Shape}; filters are K×C×R×S", nameof(filters));
        float largest = 0;
        foreach (float weight in filters.Span) largest = MathF.Max(largest, float.IsFinite(weight) ? MathF.Abs(weight) : 0);
        Tensor scaled = Tensor.Zeros(filters.Shape);
        for (int i = 0; i < scaled.Length; i++) scaled.Span[i] = largest > 0 ? 0.5f + (filters.Span[i] / (2 * largest)) : 0.5f;
        int channels = filters.Shape[1] == 3 ? 3 : 1, pictures = filters.Shape[0] * filters.Shape[1] / channels;
        Shape picture = new(channels, filters.Shape[2], filters.Shape[3]);
        return [.. Enumerable.Range(0, pictures).Select(i => Picture.FromTensor(Tensor.From(picture, scaled.Span.Slice(i * picture.Length, picture.Length))))];
    }

    /// <summary>The channels of one image's features as grey pictures, all by the same scale: the smallest number is black, the largest white.</summary>
    /// <param name="features">C×H×W.</param>
    /// <exception cref="ArgumentException">The tensor has not three dimensions.</exception>
    public static IReadOnlyList<Picture> OfChannels(Tensor features)
    {
        if (features.Shape.Rank != 3) throw new ArgumentException($"the tensor is {features.Shape}; features are C×H×W", nameof(features));
        (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float feature in features.Span)
            if (float.IsFinite(feature)) (low, high) = (MathF.Min(low, feature), MathF.Max(high, feature));
        Shape plane = new(1, features.Shape[1], features.Shape[2]);
        List<Picture> pictures = [];
        for (int c = 0; c < features.Shape[0]; c++)
        {
            Tensor scaled = Tensor.From(plane, features.Span.Slice(c * plane.Length, plane.Length));
            foreach (ref float feature in scaled.Span) feature = high > low ? (feature - low) / (high - low) : 0;
            pictures.Add(Picture.FromTensor(scaled));
        }
        return pictures;
    }
}
