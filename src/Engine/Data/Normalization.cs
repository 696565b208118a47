using System.Globalization;
using CnnEngine.Kernels;

namespace CnnEngine.Data;

/// <summary>
/// Turns a pixel <c>b</c> of 0 to 255 into <c>(b/255 − mean)/deviation</c>, channel by channel, so that a network's inputs have mean 0 and
/// variance 1, as LeCun et al., "Efficient BackProp" (1998), section 4.3, advises. Measured on the training images, used on all.
/// </summary>
public sealed class Normalization : IEquatable<Normalization>
{
    private readonly float[] _mean;
    private readonly float[] _deviation;

    /// <summary>A normalisation of images of one channel.</summary>
    /// <param name="mean">The mean of the pixels divided by 255.</param>
    /// <param name="deviation">Their standard deviation, above 0.</param>
    /// <exception cref="ArgumentException">A number is not finite, or the deviation not above 0.</exception>
    public Normalization(float mean, float deviation)
        : this([mean], [deviation])
    {
    }

    /// <summary>A normalisation with a mean and a deviation for each channel.</summary>
    /// <param name="mean">For each channel, the mean of its pixels divided by 255.</param>
    /// <param name="deviation">For each channel, their standard deviation (of the population: divided by n), above 0.</param>
    /// <exception cref="ArgumentException">There are more of the one than of the other, or none; a number is not finite, or a deviation not above 0.</exception>
    public Normalization(ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation)
    {
        if (mean.IsEmpty || mean.Length != deviation.Length)
            throw new ArgumentException($"a normalisation of {mean.Length} means and {deviation.Length} deviations; each channel must have one of either");
        for (int c = 0; c < mean.Length; c++)
            if (!(deviation[c] > 0 && float.IsFinite(deviation[c]) && float.IsFinite(mean[c])))
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"channel {c} has mean {mean[c]} and deviation {deviation[c]}; both must be finite, the deviation above 0"));
        (_mean, _deviation) = (mean.ToArray(), deviation.ToArray());
    }

    /// <summary>That which only divides by 255.</summary>
    internal static Normalization None(int channels) => new(new float[channels], Enumerable.Repeat(1f, channels).ToArray());

    /// <summary>How many channels its images have.</summary>
    public int Channels => _mean.Length;

    /// <summary>For each channel, the mean of its pixels divided by 255.</summary>
    public IReadOnlyList<float> Mean => _mean;

    /// <summary>For each channel, the standard deviation of its pixels divided by 255, above 0.</summary>
    public IReadOnlyList<float> Deviation => _deviation;

    /// <summary>Each channel's mean and deviation over all images of a set; the deviation is 1 where a channel's pixels are all equal.</summary>
    /// <param name="pixels">One image of C×H×W pixels after another, at least one.</param>
    /// <param name="image">The shape of an image, C×H×W.</param>
    /// <exception cref="ArgumentException">There are no pixels, or they are no whole images.</exception>
    public static Normalization Measure(ReadOnlySpan<byte> pixels, Shape image)
    {
        PixelSums sums = new(image);
        if (pixels.IsEmpty) throw new ArgumentException("no pixels to measure the mean and the deviation of", nameof(pixels));
        sums.Add(pixels);
        return sums.Normalization();
    }

    /// <summary>One pixel of a channel, normalised.</summary>
    public float Apply(byte pixel, int channel = 0) => (pixel - (255 * _mean[channel])) / (255 * _deviation[channel]);

    /// <summary>The same for an image.</summary>
    /// <param name="pixels">C×H×W pixels, the planes of the channels one after another.</param>
    /// <param name="normalized">Receives as many numbers.</param>
    /// <exception cref="ArgumentException">The pixels are no whole planes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> normalized)
    {
        int plane = pixels.Length / Channels;
        if (plane * Channels != pixels.Length) throw new ArgumentException($"{pixels.Length} pixels are no image of {Channels} channels", nameof(pixels));
        normalized = normalized[..pixels.Length];
        for (int c = 0; c < Channels; c++)
            BytesToFloats.Run(pixels.Slice(c * plane, plane), 255 * _mean[c], 255 * _deviation[c], normalized.Slice(c * plane, plane));
    }

    /// <summary>The same for some of many images.</summary>
    internal void Apply(ReadOnlySpan<byte> images, int plane, ReadOnlySpan<int> indices, Span<float> normalized)
    {
        Span<float> means = stackalloc float[Channels], deviations = stackalloc float[Channels];
        for (int c = 0; c < Channels; c++) (means[c], deviations[c]) = (255 * _mean[c], 255 * _deviation[c]);
        BytesToFloats.Run(images, plane, indices, means, deviations, normalized);
    }

    /// <inheritdoc/>
    public bool Equals(Normalization? other) => other is not null && _mean.AsSpan().SequenceEqual(other._mean) && _deviation.AsSpan().SequenceEqual(other._deviation);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Normalization);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Channels, _mean[0], _deviation[0]);

    /// <summary>As in <c>mean 0.13, deviation 0.31</c>, with a number for each channel.</summary>
    public override string ToString() => $"mean {Join(_mean)}, deviation {Join(_deviation)}";

    private static string Join(float[] numbers) => string.Join(' ', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
}
