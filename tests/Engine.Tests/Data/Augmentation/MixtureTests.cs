using CnnEngine.Data;
using CnnEngine.Tests.Graphs;

namespace CnnEngine.Tests.Data;

/// <summary>Shares of mixed images, and the images.</summary>
public class MixtureTests
{
    private static readonly Shape Image = new(2, 6, 9);

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.51)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public void Shares_have_the_moments_of_the_beta_distribution(double alpha)
    {
        SplitMix64 random = new(1);
        double[] numbers = new double[50_000];
        foreach (ref double number in numbers.AsSpan()) number = random.Beta(alpha);
        Assert.All(numbers, number => Assert.InRange(number, 0, 1));
        double variance = 1 / (4 * ((2 * alpha) + 1)), kurtosis = 3 - (6 / ((2 * alpha) + 3));
        Assert.Equal(0.5, numbers.Average(), 4 * Math.Sqrt(variance / numbers.Length));
        Assert.Equal(variance, numbers.Average(number => Math.Pow(number - 0.5, 2)), variance * 4 * Math.Sqrt(kurtosis / numbers.Length));
        Assert.Equal(kurtosis, numbers.Average(number => Math.Pow(number - 0.5, 4)) / (variance * variance), 4 * Math.Sqrt(96.0 / numbers.Length)); // as a normal distribution's
    }

    [Theory]
    [InlineData(0.5, 1.0 / 3)] // the arcsine law
    [InlineData(1, 0.25)]
    [InlineData(2, 0.15625)]
    public void A_known_part_of_the_shares_is_below_a_quarter(double alpha, double part)
    {
        SplitMix64 random = new(2);
        int below = 0;
        for (int i = 0; i < 20_000; i++) if (random.Beta(alpha) < 0.25) below++;
        Assert.Equal(part, below / 20_000.0, 0.013);
    }

    [Fact]
    public void Mixup_adds_both_images_by_their_shares()
    {
        (float[] plain, float[] mixed, int[] labels) = Pair(new Augmentation { Crop = 1, Flip = true, Mixup = 1 });
        for (int n = 0; n < 2; n++)
        {
            float share = labels[(3 * n) + 2] / 65536f;
            Assert.InRange(share, 0.001f, 0.999f);
            for (int i = 0; i < Image.Length; i++)
                Assert.Equal((share * plain[(n * Image.Length) + i]) + ((1 - share) * plain[((1 - n) * Image.Length) + i]), mixed[(n * Image.Length) + i], 1e-6);
        }
    }

    [Fact]
    public void Cutmix_lays_a_rectangle_over_all_channels()
    {
        (float[] plain, float[] mixed, int[] labels) = Pair(new Augmentation { Crop = 1, Flip = true, Cutmix = 1 });
        int plane = Image[1] * Image[2];
        for (int n = 0; n < 2; n++)
        {
            List<int> others = [];
            for (int i = 0; i < Image.Length; i++)
            {
                float own = plain[(n * Image.Length) + i], other = plain[((1 - n) * Image.Length) + i], actual = mixed[(n * Image.Length) + i];
                Assert.True(actual == own || actual == other);
                if (actual != own) others.Add(i);
            }
            // Where both are zeros of the border it cannot be told.
            double share = labels[(3 * n) + 2] / 65536.0;
            Assert.InRange(others.Count / (double)Image.Length, 0.01, 1 - share + 1e-4);
            Assert.Equal(Math.Round(share * plane), share * plane, 0.01);
        }
    }

    [Fact]
    public void The_other_image_is_any_but_the_same_one()
    {
        SplitMix64 random = new(3);
        int[] counts = new int[5];
        double shares = 0;
        int cut = 0;
        for (int i = 0; i < 4000; i++)
        {
            Mixture mixture = Mixture.Draw(new Augmentation { Mixup = 0.4f, Cutmix = 1 }, 2, 5, 9, 9, ref random);
            counts[mixture.Other]++;
            shares += mixture.Share / 65536.0;
            if (Math.Abs((mixture.Share * 81 / 65536.0) - Math.Round(mixture.Share * 81 / 65536.0)) < 0.001) cut++;
        }
        Assert.Equal(0, counts[2]);
        foreach (int other in (int[])[0, 1, 3, 4]) Assert.InRange(counts[other], 900, 1100);
        // Rectangles lie partly outside, so that more than half is left.
        Assert.InRange(shares / 4000, 0.5, 0.65);
        Assert.InRange(cut, 1900, 2600);
        Assert.Equal(0, Mixture.Draw(new Augmentation { Mixup = 1 }, 0, 1, 9, 9, ref random).Other);
    }

    private static (float[] Plain, float[] Mixed, int[] Labels) Pair(Augmentation augmentation)
    {
        TensorDataset data = Some.Images(2, Image, 5);
        AugmentedDataset mixing = new(data, augmentation), alone = new(data, augmentation with { Mixup = 0, Cutmix = 0 });
        Assert.Equal((3, 1), (mixing.LabelsPerImage, alone.LabelsPerImage));
        float[] plain = new float[2 * Image.Length], mixed = new float[2 * Image.Length];
        int[] labels = new int[6], own = new int[2];
        mixing.Read([0, 1], mixed, labels);
        alone.Read([0, 1], plain, own);
        Assert.Equal([own[0], own[1], own[1], own[0]], (int[])[labels[0], labels[1], labels[3], labels[4]]);
        return (plain, mixed, labels);
    }
}
