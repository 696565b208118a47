namespace CnnEngine.Kernels.Tests;

/// <summary>Bytes become floats with the bits that each has alone.</summary>
public class BytesToFloatsTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Every_byte_at_every_length_has_the_bits_of_plain_arithmetic(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach ((float mean, float deviation) in ((float, float)[])[(33.3285f, 78.5655f), (0, 255), (127.5f, 1e-3f), (-3.7f, 61.25f), (255, 1e30f)])
            foreach (int length in (int[])[.. Enumerable.Range(0, (3 * Simd.Lanes) + 2), 256, 784])
            {
                byte[] x = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 37))];
                Guarded<float> y = new(length);
                BytesToFloats.Run(x, mean, deviation, y.Span);
                y.AssertIntact();
                Expect.SameBits([.. x.Select(value => (value - mean) / deviation)], y.Span);
                // A twin in double precision differs by roundings alone.
                Expect.Near(
                    [.. x.Select(value => ((double)value - mean) / deviation)], y.Span, 2 * Expect.Epsilon, 255 * Expect.Epsilon / deviation);
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Images_are_converted_in_any_order_into_the_caches_and_past_them(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] mean = [33.3285f, 0, 127.5f], deviation = [78.5655f, 255, 61.25f];
        foreach (long level3 in new[] { CacheSizes.Current.Level3, 0 })
        {
            using ForcedCaches caches = new(CacheSizes.Current with { Level3 = level3 });
            foreach (int channels in new[] { 1, 3 })
                foreach (int plane in new[] { 1, 5, 16, (2 * Simd.Lanes) + 3, 784 })
                    foreach (int count in new[] { 0, 1, 7, 100 })
                    {
                        int image = channels * plane;
                        byte[] images = [.. Enumerable.Range(0, 9 * image).Select(i => (byte)((i * 37) + (i >> 8)))];
                        int[] indices = [.. Enumerable.Range(0, count).Select(i => i * 5 % 9)];
                        for (int start = 0; start < 3; start++)
                        {
                            Guarded<float> y = new(start + (count * image));
                            BytesToFloats.Run(images, plane, indices, mean.AsSpan(0, channels), deviation.AsSpan(0, channels), y.Span[start..]);
                            y.AssertIntact();
                            float[] expected = [.. indices.SelectMany(n => Enumerable.Range(0, image).Select(i => (images[(n * image) + i] - mean[i / plane]) / deviation[i / plane]))];
                            Expect.SameBits(expected, y.Span[start..]);
                        }
                    }
        }
    }

    [Theory, InlineData(8, 2), InlineData(8, -1), InlineData(3, 0)]
    public void An_image_there_is_not_is_named(int bytes, int index)
    {
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(
            "indices", () => BytesToFloats.Run(new byte[bytes], 4, [index], [0], [1], new float[4]));
        Assert.Contains($"there is no image {index}; there are {bytes / 4}, numbered from 0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spans_of_images_are_checked()
    {
        Assert.Throws<ArgumentException>("y", () => BytesToFloats.Run(new byte[8], 4, [0, 1], [0], [1], new float[7]));
        Assert.Throws<ArgumentException>("deviation", () => BytesToFloats.Run(new byte[8], 4, [0, 1], [0], [1, 1], new float[8]));
    }

    [Fact]
    public void Spans_are_checked() => Assert.Throws<ArgumentException>("y", () => BytesToFloats.Run(new byte[3], 0, 1, new float[2]));
}
