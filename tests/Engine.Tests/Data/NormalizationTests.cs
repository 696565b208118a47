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
