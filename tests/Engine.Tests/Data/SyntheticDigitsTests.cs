using System.Security.Cryptography;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public class SyntheticDigitsTests
{
    [Fact]
    public void The_generator_gives_the_published_numbers()
    {
        SplitMix64 random = new(1234567); // from the reference implementation, https://prng.di.unimi.it/splitmix64.c
        Assert.Equal(6457827717110365317UL, random.Next());
        Assert.Equal(3203168211198807973UL, random.Next());
        Assert.Equal(9817491932198370423UL, random.Next());
    }

    [Fact]
    public void Random_numbers_keep_to_their_bounds_and_moments()
    {
        SplitMix64 random = SplitMix64.For(1, 2, 3);
        double sum = 0, squares = 0;
        int[] counts = new int[7];
        for (int i = 0; i < 20_000; i++)
        {
            double bell = random.Bell(2);
            sum += bell;
            squares += bell * bell;
            counts[random.Below(7)]++;
            Assert.InRange(random.Between(-1, 3), -1, 3);
        }
        Assert.InRange(sum / 20_000, -0.06, 0.06);
        Assert.InRange(Math.Sqrt(squares / 20_000), 1.95, 2.05);
        Assert.All(counts, count => Assert.InRange(count, 2600, 3120));
    }

    [Fact]
    public void The_same_seed_draws_the_same_digits_on_any_number_of_threads()
    {
        string expected = Hash(SyntheticDigits.Generate(seed: 1, train: 1500, test: 300, threads: 1));
        Assert.Equal(expected, Hash(SyntheticDigits.Generate(seed: 1, train: 1500, test: 300, threads: 2)));
        Assert.Equal(expected, Hash(SyntheticDigits.Generate(seed: 1, train: 1500, test: 300)));
        Assert.Equal("33dbfeaf5a3a0847fe3590b246cc045083ed3838a03cff36533a68635c18ded6", expected); // the same on every machine
    }

    [Fact]
    public void An_image_depends_on_its_number_only_not_on_how_many_there_are()
    {
        TrainTest few = SyntheticDigits.Generate(train: 3, test: 2), more = SyntheticDigits.Generate(train: 600, test: 400);
        Assert.Equal(few.Train.Pixels(2).ToArray(), more.Train.Pixels(2).ToArray());
        Assert.Equal(few.Test.Pixels(1).ToArray(), more.Test.Pixels(1).ToArray());
    }

    [Fact]
    public void Seeds_sets_and_images_all_differ()
    {
        TrainTest one = SyntheticDigits.Generate(seed: 1, train: 1000, test: 1000);
        TrainTest two = SyntheticDigits.Generate(seed: 2, train: 1000, test: 1000);
        HashSet<string> images = [];
        foreach (ByteImages set in (ByteImages[])[one.Train, one.Test, two.Train, two.Test])
            for (int i = 0; i < set.Count; i++) images.Add(Convert.ToBase64String(set.Pixels(i)));
        Assert.Equal(4000, images.Count);
    }

    [Fact]
    public void They_look_like_MNIST_in_numbers()
    {
        TrainTest sets = SyntheticDigits.Generate(train: 4000, test: 500);
        Assert.Equal(("synthetic", "synthetic"), (sets.Train.Name, sets.Test.Name));
        Assert.Equal((4000, 500, 10), (sets.Train.Count, sets.Test.Count, sets.Train.Classes));
        Assert.Equal(new Shape(1, 28, 28), sets.Train.ImageShape);
        Assert.Equal(sets.Train.Normalization, sets.Test.Normalization);
        Assert.InRange(sets.Train.Normalization.Mean[0], 0.11, 0.16);
        Assert.InRange(sets.Train.Normalization.Deviation[0], 0.28, 0.34);

        int[] counts = new int[10];
        for (int i = 0; i < 4000; i++)
        {
            counts[sets.Train.Label(i)]++;
            ReadOnlySpan<byte> pixels = sets.Train.Pixels(i);
            int inked = pixels.Length - pixels.Count((byte)0);
            Assert.InRange(inked, 20, 400);
            for (int k = 0; k < 28; k++) // no digit is cut off at the edge
                Assert.True(pixels[k] + pixels[(27 * 28) + k] + pixels[28 * k] + pixels[(28 * k) + 27] < 3 * 255, $"image {i}");
        }
        Assert.All(counts, count => Assert.InRange(count, 320, 480));
    }

    [Theory]
    [InlineData(0, 1, "0 images cannot be drawn; the number must be 1..1369568")]
    [InlineData(1, 2_000_000, "2000000 images cannot be drawn; the number must be 1..1369568")]
    public void Impossible_counts_are_refused(int train, int test, string expected)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticDigits.Generate(train: train, test: test));
        Assert.StartsWith(expected, error.Message);
    }

    private static string Hash(TrainTest sets)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ByteImages set in (ByteImages[])[sets.Train, sets.Test])
        {
            for (int i = 0; i < set.Count; i++)
            {
                hash.AppendData([(byte)set.Label(i)]);
                hash.AppendData(set.Pixels(i));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
