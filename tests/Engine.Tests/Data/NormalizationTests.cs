using CnnEngine.Data;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Tests.Data;

public class NormalizationTests
{
    [Fact]
    public void Two_levels_have_the_mean_and_deviation_of_a_coin()
    {
        Normalization measured = Normalization.Measure([0, 255, 255, 0, 0, 255]);
        Assert.Equal(new Normalization(0.5f, 0.5f), measured);
        Assert.Equal(-1, measured.Apply(0));
        Assert.Equal(1, measured.Apply(255));
    }

    [Fact]
    public void Pixels_without_contrast_have_deviation_1()
    {
        Assert.Equal(new Normalization(0.2f, 1), Normalization.Measure([51, 51, 51, 51, 51]));
        Assert.Equal(0, Normalization.Measure([51]).Apply(51), 1e-6f);
    }

    // Of lengths around a vector's, and with more pixels than 32-bit sums of squares hold.
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1_000)]
    [InlineData(3_000_001)]
    public void Mean_and_deviation_are_those_of_plain_sums(int length)
    {
        byte[] pixels = new byte[length];
        new Random(length).NextBytes(pixels);
        for (int i = 0; i < length; i += 2) pixels[i] |= 0xf0;
        double sum = 0, squares = 0;
        foreach (byte pixel in pixels) (sum, squares) = (sum + pixel, squares + (pixel * pixel));
        double mean = sum / length, deviation = length == 1 ? 255 : Math.Sqrt((squares / length) - (mean * mean));
        Assert.Equal(new Normalization((float)(mean / 255), (float)(deviation / 255)), Normalization.Measure(pixels));
    }

    [Fact]
    public void Many_pixels_become_what_each_becomes_alone()
    {
        Normalization normalization = new(0.1307f, 0.3081f);
        byte[] pixels = [.. Enumerable.Range(0, 700).Select(i => (byte)i)];
        float[] normalized = new float[701];
        normalization.Apply(pixels, normalized);
        Assert.Equal(pixels.Select(normalization.Apply), normalized[..700]);
        Assert.Equal(0, normalized[700]);
        for (int i = 0; i < 256; i++) Assert.Equal(((i / 255.0) - normalization.Mean) / normalization.Deviation, normalized[i], 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => normalization.Apply(pixels, normalized.AsSpan(0, 699)));
    }

    [Fact]
    public void No_pixels_cannot_be_measured() => Assert.Throws<ArgumentException>(() => Normalization.Measure([]));

    [Fact]
    public void Measured_on_the_pixels_it_gives_mean_0_and_variance_1() => Prop.ForAll<byte[]>(pixels =>
    {
        if (pixels.Distinct().Count() < 2) return true;
        Normalization measured = Normalization.Measure(pixels);
        double[] normalized = [.. pixels.Select(pixel => (double)measured.Apply(pixel))];
        double mean = normalized.Average();
        return Math.Abs(mean) < 1e-4 && Math.Abs(normalized.Average(x => x * x) - 1) < 1e-3;
    }).QuickCheckThrowOnFailure();
}
