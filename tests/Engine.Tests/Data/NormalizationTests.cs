using CnnEngine.Data;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Tests.Data;

public class NormalizationTests
{
    private static readonly Shape One = new(1, 1, 1);

    [Fact]
    public void Two_levels_have_the_mean_and_deviation_of_a_coin()
    {
        Normalization measured = Normalization.Measure([0, 255, 255, 0, 0, 255], new Shape(1, 1, 2));
        Assert.Equal(new Normalization(0.5f, 0.5f), measured);
        Assert.Equal(-1, measured.Apply(0));
        Assert.Equal(1, measured.Apply(255));
    }

    [Fact]
    public void Pixels_without_contrast_have_deviation_1()
    {
        Assert.Equal(new Normalization(0.2f, 1), Normalization.Measure([51, 51, 51, 51, 51], One));
        Assert.Equal(0, Normalization.Measure([51], One).Apply(51), 1e-6f);
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
        Assert.Equal(new Normalization((float)(mean / 255), (float)(deviation / 255)), Normalization.Measure(pixels, One));
    }

    [Fact]
    public void Many_pixels_become_what_each_becomes_alone()
    {
        Normalization normalization = new(0.1307f, 0.3081f);
        byte[] pixels = [.. Enumerable.Range(0, 700).Select(i => (byte)i)];
        float[] normalized = new float[701];
        normalization.Apply(pixels, normalized);
        Assert.Equal(pixels.Select(pixel => normalization.Apply(pixel)), normalized[..700]);
        Assert.Equal(0, normalized[700]);
        for (int i = 0; i < 256; i++) Assert.Equal(((i / 255.0) - 0.1307) / 0.3081, normalized[i], 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => normalization.Apply(pixels, normalized.AsSpan(0, 699)));
    }

    [Fact]
    public void Each_channel_has_a_mean_and_a_deviation_of_its_own()
    {
        Shape shape = new(3, 2, 5);
        byte[] pixels = new byte[4 * shape.Length];
        new Random(1).NextBytes(pixels);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(pixels[i] / ((i / 10 % 3) + 1)); // other contrasts in other channels
        Normalization measured = Normalization.Measure(pixels, shape);
        float[] image = new float[shape.Length];
        measured.Apply(pixels.AsSpan(30, 30), image);
        for (int c = 0; c < 3; c++)
        {
            byte[] channel = [.. Enumerable.Range(0, 4).SelectMany(n => pixels.Skip((n * 30) + (c * 10)).Take(10))];
            Normalization alone = Normalization.Measure(channel, One);
            Assert.Equal((alone.Mean[0], alone.Deviation[0]), (measured.Mean[c], measured.Deviation[c]));
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal(alone.Apply(channel[10 + i]), image[(c * 10) + i]);
                Assert.Equal(image[(c * 10) + i], measured.Apply(channel[10 + i], c));
            }
        }
        Assert.NotEqual(measured.Mean[0], measured.Mean[2]);
        Assert.Equal(measured, new Normalization([.. measured.Mean], [.. measured.Deviation]));
        Assert.Equal(measured.GetHashCode(), new Normalization([.. measured.Mean], [.. measured.Deviation]).GetHashCode());
        Assert.NotEqual(measured, new Normalization([.. measured.Mean], [1, 1, 1]));
        Assert.Throws<ArgumentException>(() => measured.Apply(new byte[31], new float[31]));
        Assert.Throws<ArgumentException>(() => Normalization.Measure(new byte[31], shape));
    }

    [Fact]
    public void Numbers_that_are_no_normalisation_are_refused()
    {
        Layers.Expect.Throws<ArgumentException>("channel 1 has mean 0 and deviation 0; both must be finite, the deviation above 0", () => _ = new Normalization([0, 0], [1, 0]));
        Layers.Expect.Throws<ArgumentException>("channel 0 has mean NaN and deviation 1; both must be finite, the deviation above 0", () => _ = new Normalization(float.NaN, 1));
        Layers.Expect.Throws<ArgumentException>("a normalisation of 2 means and 1 deviations; each channel must have one of either", () => _ = new Normalization([0, 0], [1]));
        Assert.Equal("mean 0.5 0.25, deviation 1 2", new Normalization([0.5f, 0.25f], [1, 2]).ToString());
    }

    [Fact]
    public void No_pixels_cannot_be_measured() => Assert.Throws<ArgumentException>(() => Normalization.Measure([], One));

    [Fact]
    public void Measured_on_the_pixels_it_gives_mean_0_and_variance_1() => Prop.ForAll<byte[]>(pixels =>
    {
        if (pixels.Distinct().Count() < 2) return true;
        Normalization measured = Normalization.Measure(pixels, One);
        double[] normalized = [.. pixels.Select(pixel => (double)measured.Apply(pixel))];
        double mean = normalized.Average();
        return Math.Abs(mean) < 1e-4 && Math.Abs(normalized.Average(x => x * x) - 1) < 1e-3;
    }).QuickCheckThrowOnFailure();
}
