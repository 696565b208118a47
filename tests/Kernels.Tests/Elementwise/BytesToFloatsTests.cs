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

    [Fact]
    public void Spans_are_checked() => Assert.Throws<ArgumentException>("y", () => BytesToFloats.Run(new byte[3], 0, 1, new float[2]));
}
