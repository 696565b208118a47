using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>Brightness, contrast and saturation of pixels, against a twin that undoes the normalisation, and does it again.</summary>
public class ColourJitterTests
{
    private static readonly Normalization Colours = new([0.4f, 0.5f, 0.3f], [0.2f, 0.25f, 0.3f]), Grey = new(0.2f, 0.3f);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1.5f, 1, 1)]
    [InlineData(0.3f, 1, 1)]
    [InlineData(1, 1.7f, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 1.6f)]
    [InlineData(1, 1, 0)]
    [InlineData(1.2f, 0.7f, 1.9f)]
    public void It_is_the_twins(float brightness, float contrast, float saturation)
    {
        foreach (Normalization normalization in (Normalization[])[Colours, Grey])
        {
            const int plane = 35;
            int channels = normalization.Channels;
            byte[] pixels = new byte[channels * plane];
            new Random(1).NextBytes(pixels);
            float[] image = new float[pixels.Length];
            normalization.Apply(pixels, image);
            new ColourJitter(new Augmentation { Brightness = 1 }, normalization).Run(image, brightness, contrast, saturation);

            double[] p = Array.ConvertAll(pixels, pixel => Math.Clamp(pixel / 255.0 * brightness, 0, 1));
            double middle = Enumerable.Range(0, plane).Average(GreyOf);
            p = Array.ConvertAll(p, one => Math.Clamp(middle + (contrast * (one - middle)), 0, 1));
            double[] greys = [.. Enumerable.Range(0, plane).Select(GreyOf)];
            for (int i = 0; i < p.Length; i++)
            {
                double expected = Math.Clamp(greys[i % plane] + (saturation * (p[i] - greys[i % plane])), 0, 1), mean = normalization.Mean[i / plane];
                Assert.Equal((expected - mean) / normalization.Deviation[i / plane], image[i], 2e-5);
            }

            double GreyOf(int i) => channels == 1 ? p[i] : (0.299 * p[i]) + (0.587 * p[plane + i]) + (0.114 * p[(2 * plane) + i]);
        }
    }

    [Fact]
    public void Factors_are_spread_evenly_about_1()
    {
        // Half as bright is half as bright: a pixel of 0.4 shows the factor.
        ColourJitter jitter = new(new Augmentation { Brightness = 0.5f }, Normalization.None(1));
        SplitMix64 random = new(2);
        double[] factors = new double[2000];
        float[] image = new float[6];
        foreach (ref double factor in factors.AsSpan())
        {
            image.AsSpan().Fill(0.4f);
            jitter.Run(image, ref random);
            factor = image[3] / 0.4;
        }
        Assert.InRange(factors.Min(), 0.4999, 0.51);
        Assert.InRange(factors.Max(), 1.49, 1.5001);
        Assert.Equal(1, factors.Average(), 0.02);
    }
}
