using System.Security.Cryptography;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>The shapes that the program draws: the same everywhere, of all classes, each in many ways.</summary>
public class SyntheticShapesTests
{
    [Fact]
    public void The_same_seed_draws_the_same_shapes_on_any_number_of_threads()
    {
        string expected = Hash(SyntheticShapes.Generate(seed: 1, train: 400, test: 100, threads: 1));
        Assert.Equal(expected, Hash(SyntheticShapes.Generate(seed: 1, train: 400, test: 100, threads: 2)));
        Assert.Equal("2b04ceb07710dc08e7509974d64c761d4c134f903459349027e841432d8f9f5f", expected); // the same on every machine
        Assert.NotEqual(expected, Hash(SyntheticShapes.Generate(seed: 2, train: 400, test: 100)));
    }

    [Fact]
    public void They_are_of_ten_classes_and_all_colours()
    {
        TrainTest sets = SyntheticShapes.Generate(train: 1000, test: 100);
        Assert.Equal(("shapes", "shapes", 10), (sets.Train.Name, sets.Test.Name, sets.Train.Classes));
        Assert.Equal((1000, 100, new Shape(3, 32, 32)), (sets.Train.Count, sets.Test.Count, sets.Train.ImageShape));
        Assert.Equal(10, SyntheticShapes.ClassNames.Count);
        Assert.InRange(sets.Train.Normalization.Mean[0], 0.45, 0.55);
        Assert.InRange(sets.Train.Normalization.Deviation[0], 0.2, 0.3);

        int[] counts = new int[10];
        HashSet<string> images = [];
        foreach (ByteImages set in (ByteImages[])[sets.Train, sets.Test])
            for (int i = 0; i < set.Count; i++)
            {
                counts[set.Label(i)]++;
                images.Add(Convert.ToBase64String(set.Pixels(i)));
            }
        Assert.Equal(1100, images.Count);
        Assert.All(counts, count => Assert.InRange(count, 75, 150));
    }

    [Fact]
    public void Impossible_counts_are_refused() => Assert.StartsWith(
        "0 images cannot be drawn; the number must be 1..349525",
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticShapes.Generate(train: 0)).Message, StringComparison.Ordinal);

    private static string Hash(TrainTest sets)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ByteImages set in (ByteImages[])[sets.Train, sets.Test])
            for (int i = 0; i < set.Count; i++)
            {
                hash.AppendData([(byte)set.Label(i)]);
                hash.AppendData(set.Pixels(i));
            }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
