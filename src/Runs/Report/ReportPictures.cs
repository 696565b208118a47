using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Runs.Report;

/// <summary>Images of numbers as pictures in a page.</summary>
internal static class ReportPictures
{
    /// <summary>The longest side of a picture in a page: the page stays small whatever the images are.</summary>
    public const int MostPixels = 128;

    /// <summary>A picture as the source of an img element.</summary>
    public static Markup Source(Picture picture) => new($"data:image/png;base64,{Convert.ToBase64String(PngEncoder.Encode(picture.Shrink(MostPixels)))}");

    /// <summary>An image as it looked before it was normalised; if nobody knows how that was, its numbers from the smallest to the largest.</summary>
    public static Picture Of(ReadOnlySpan<float> image, Shape shape, Preprocessing? preprocessing)
    {
        // What is neither grey nor in colours is shown by its first channel.
        int channels = shape[0] == 3 ? 3 : 1, plane = shape[1] * shape[2];
        Tensor shown = Tensor.From(new Shape(channels, shape[1], shape[2]), image[..(channels * plane)]);
        Span<float> numbers = shown.Span;
        if (preprocessing is not null && preprocessing.Mean.Count == shape[0])
        {
            for (int i = 0; i < numbers.Length; i++) numbers[i] = (numbers[i] * preprocessing.Deviation[i / plane]) + preprocessing.Mean[i / plane];
            return Picture.FromTensor(shown);
        }
        (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float number in numbers)
            if (float.IsFinite(number)) (low, high) = (MathF.Min(low, number), MathF.Max(high, number));
        foreach (ref float number in numbers) number = high > low ? (number - low) / (high - low) : 0;
        return Picture.FromTensor(shown);
    }

    /// <summary>A map over a faint picture of what it is of: amber where it is above 0, blue where below, as strong as the number's share of the largest.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="map">A number for each of its pixels.</param>
    public static Picture Overlay(Picture picture, ReadOnlySpan<float> map)
    {
        ReadOnlySpan<byte> amber = [255, 176, 32], blue = [64, 140, 255];
        Picture grey = picture.ToGrey();
        float largest = 0;
        foreach (float number in map) largest = MathF.Max(largest, float.IsFinite(number) ? MathF.Abs(number) : 0);
        byte[] bytes = new byte[3 * map.Length];
        for (int i = 0; i < map.Length; i++)
        {
            float strength = largest > 0 && float.IsFinite(map[i]) ? MathF.Abs(map[i]) / largest : 0;
            ReadOnlySpan<byte> color = map[i] >= 0 ? amber : blue;
            float ground = 24 + (grey.Bytes[i] * 0.4f);
            for (int c = 0; c < 3; c++) bytes[(3 * i) + c] = (byte)MathF.Round((ground * (1 - strength)) + (color[c] * strength));
        }
        return new Picture(picture.Width, picture.Height, 3, bytes);
    }
}
