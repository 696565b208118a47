using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Training;
using CnnEngine.Training;

namespace CnnEngine.Tests.Data;

/// <summary>What becomes of an image follows from seed, epoch and its number alone.</summary>
public class AugmentedDatasetTests
{
    private const int Count = 40;

    private static readonly Shape Image = new(3, 9, 12);

    private static readonly ByteImages Data = Pictures(Image);

    private static readonly Augmentation Everything = new()
    {
        Crop = 2,
        Flip = true,
        VerticalFlip = true,
        Rotation = 30,
        Shift = 0.1f,
        Scale = 0.2f,
        Elastic = new ElasticDistortion { Alpha = 8, Sigma = 2 },
        Cutout = 3,
        Brightness = 0.3f,
        Contrast = 0.3f,
        Saturation = 0.3f,
        Mixup = 0.4f,
        Cutmix = 1,
    };

    /// <summary>Each kind by itself, and all.</summary>
    private static readonly Augmentation[] Kinds =
    [
        new() { Crop = 2 }, new() { Flip = true }, new() { VerticalFlip = true }, new() { Rotation = 30 }, new() { Shift = 0.1f }, new() { Scale = 0.2f },
        new() { Elastic = new() }, new() { Cutout = 3 }, new() { Brightness = 0.3f }, new() { Contrast = 0.3f }, new() { Saturation = 0.3f },
        new() { Mixup = 0.4f }, new() { Cutmix = 1 }, Everything,
    ];

    public static TheoryData<int> KindNumbers { get; } = [.. Enumerable.Range(0, Kinds.Length)];

    [Fact]
    public void Nothing_is_changed_unless_it_is_said()
    {
        AugmentedDataset off = new(Data, new Augmentation());
        (float[] expected, int[] labels) = Read(Data);
        (float[] actual, int[] same) = Read(off);
        Assert.Equal(Bits(expected), Bits(actual));
        Assert.Equal(labels, same);
        Assert.Equal((1, false, ""), (off.LabelsPerImage, off.IsCostly, $"{new Augmentation()}"));
    }

    [Theory]
    [MemberData(nameof(KindNumbers))]
    public void The_bits_are_the_same_on_any_thread_and_in_any_minibatch(int kind)
    {
        Augmentation augmentation = Kinds[kind];
        AugmentedDataset data = new(Data, augmentation, seed: 3), again = new(Data, augmentation, seed: 3), other = new(Data, augmentation, seed: 4);
        foreach (AugmentedDataset one in (AugmentedDataset[])[data, again, other]) one.BeginEpoch(2);
        (float[] expected, int[] labels) = Read(data);
        Assert.All(expected, number => Assert.True(float.IsFinite(number)));
        Assert.NotEqual(Read(Data).Images, expected);
        Assert.NotEqual(expected, Read(other).Images);

        float[] actual = new float[expected.Length];
        int[] same = new int[labels.Length];
        int each = data.LabelsPerImage;
        Parallel.For(0, Count / 5, new ParallelOptions { MaxDegreeOfParallelism = 2 }, part =>
        {
            // From behind, and two at a time with one left over.
            for (int first = (part * 5) + 4; first >= part * 5; first -= 2)
            {
                int[] indices = first == part * 5 ? [first] : [first, first - 1];
                float[] images = new float[indices.Length * Image.Length];
                int[] own = new int[indices.Length * each];
                again.Read(indices, images, own);
                for (int i = 0; i < indices.Length; i++)
                {
                    images.AsSpan(i * Image.Length, Image.Length).CopyTo(actual.AsSpan(indices[i] * Image.Length));
                    own.AsSpan(i * each, each).CopyTo(same.AsSpan(indices[i] * each));
                }
            }
        });
        Assert.Equal(Bits(expected), Bits(actual));
        Assert.Equal(labels, same);

        data.BeginEpoch(3);
        Assert.NotEqual(expected, Read(data).Images);
        data.BeginEpoch(2);
        Assert.Equal(expected, Read(data).Images);
    }

    [Fact]
    public void A_training_gives_the_same_bits_on_any_number_of_threads()
    {
        float[] expected = Train(1);
        Assert.Equal(expected, Train(2));
        Assert.Equal(expected, Train(3));

        static float[] Train(int threads)
        {
            using ForcedThreads _ = new(threads);
            Network network = new Sequential { new Conv2d(3, 3), new ReLU(), new Flatten(), new Linear(4) }.Compile(Image, new NetworkOptions { BatchSize = 40 });
            new Trainer(network, new Sgd(), new MixedCrossEntropy { Smoothing = 0.1f }).Fit(new AugmentedDataset(Data, Everything), Data, new TrainerOptions { Epochs = 3 });
            return Some.Weights(network);
        }
    }

    [Fact]
    public void Cutout_is_a_square_of_zeros_as_far_as_it_lies_in_the_image()
    {
        (float[] plain, _) = Read(Data);
        (float[] cut, _) = Read(new AugmentedDataset(Data, new Augmentation { Cutout = 5 }));
        List<int> areas = [];
        for (int n = 0; n < Count; n++)
        {
            int[] places = [.. Enumerable.Range(0, 108).Where(i => Enumerable.Range(0, 3).All(c => cut[(n * 324) + (c * 108) + i] == 0))];
            int top = places.Min() / 12, bottom = places.Max() / 12, left = places.Min(i => i % 12), right = places.Max(i => i % 12);
            Assert.Equal((bottom - top + 1) * (right - left + 1), places.Length);
            Assert.InRange(bottom - top + 1, 3, 5);
            Assert.InRange(right - left + 1, 3, 5);
            areas.Add(places.Length);
            for (int i = 0; i < 324; i++) if (!places.Contains(i % 108)) Assert.Equal(plain[(n * 324) + i], cut[(n * 324) + i]);
        }
        Assert.Contains(25, areas);
        Assert.Contains(areas, area => area < 25);
    }

    [Fact]
    public void Reading_takes_no_memory()
    {
        AugmentedDataset augmented = new(Data, Everything);
        float[] images = new float[Count * Image.Length];
        int[] indices = Some.Indices(Count), labels = new int[Count * 3];
        augmented.Read(indices, images, labels);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) augmented.Read(indices, images, labels);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void It_is_the_data_but_for_its_images()
    {
        AugmentedDataset augmented = new(Data, Everything);
        Assert.Equal(
            (Data.Name, Data.ImageShape, Data.Count, Data.Classes, Data.ClassNames, Data.Preprocessing, 3, true),
            (augmented.Name, augmented.ImageShape, augmented.Count, augmented.Classes, augmented.ClassNames, augmented.Preprocessing, augmented.LabelsPerImage, augmented.IsCostly));
        Assert.Equal(
            "moved by up to 2 pixels, mirrored, mirrored top and bottom, rotated by up to 30°, shifted by up to 0.1 of the sides, scaled by 0.8 to 1.2, bent with α 8 and σ 2, "
            + "cutout of 3×3, brightness, contrast and saturation changed by up to 0.3, 0.3 and 0.3, mixup with α 0.4, cutmix with α 1", $"{Everything}");
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Augmentation colours = new() { Contrast = 0.1f };
        Expect.Throws<ArgumentException>("random has images of 7; only C×H×W can be augmented", () => _ = new AugmentedDataset(Some.Images(2, new Shape(7), 3), colours));
        Expect.Throws<ArgumentException>(
            "random does not say how its images were normalised; their brightness, contrast and saturation cannot be changed",
            () => _ = new AugmentedDataset(Some.Images(2, Image, 3), colours));
        Expect.Throws<ArgumentException>(
            "random has 3 labels an image; only images of one label can be augmented",
            () => _ = new AugmentedDataset(new AugmentedDataset(Some.Images(2, Image, 3), new Augmentation { Mixup = 1 }), new Augmentation { Flip = true }));
        Expect.Throws<ArgumentException>(
            "pictures: 2 images need room for 3 labels each, not for 5",
            () => new AugmentedDataset(Data, Everything).Read([0, 1], new float[2 * Image.Length], new int[5]));

        Refused("augmentation.crop", () => _ = new Augmentation { Crop = -1 });
        Refused("augmentation.cutout", () => _ = new Augmentation { Cutout = 65_537 });
        Refused("augmentation.rotation", () => _ = new Augmentation { Rotation = 180.1f });
        Refused("augmentation.rotation", () => _ = new Augmentation { Rotation = float.NaN });
        Refused("augmentation.shift", () => _ = new Augmentation { Shift = -0.1f });
        Refused("augmentation.scale", () => _ = new Augmentation { Scale = 1 });
        Refused("augmentation.brightness", () => _ = new Augmentation { Brightness = 1.1f });
        Refused("augmentation.contrast", () => _ = new Augmentation { Contrast = 1.1f });
        Refused("augmentation.saturation", () => _ = new Augmentation { Saturation = 1.1f });
        Refused("augmentation.mixup", () => _ = new Augmentation { Mixup = -1 });
        Refused("augmentation.cutmix", () => _ = new Augmentation { Cutmix = float.PositiveInfinity });
        Refused("augmentation.elastic.alpha", () => _ = new ElasticDistortion { Alpha = -1 });
        Refused("augmentation.elastic.sigma", () => _ = new ElasticDistortion { Sigma = 0 });

        static void Refused(string name, Action action) => Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(action).ParamName);
    }

    private static ByteImages Pictures(Shape image)
    {
        Random random = new(1);
        byte[] pixels = new byte[Count * image.Length], labels = new byte[Count];
        random.NextBytes(pixels);
        foreach (ref byte label in labels.AsSpan()) label = (byte)random.Next(4);
        return new ByteImages("pictures", image, pixels, labels, 4, new Normalization([0.5011f, 0.4023f, 0.3037f], [0.2f, 0.3f, 0.25f]), ["a", "b", "c", "d"]);
    }

    private static int[] Bits(float[] numbers) => Array.ConvertAll(numbers, BitConverter.SingleToInt32Bits);

    private static (float[] Images, int[] Labels) Read(IDataset data)
    {
        float[] images = new float[data.Count * data.ImageShape.Length];
        int[] labels = new int[data.Count * data.LabelsPerImage];
        data.Read(Some.Indices(data.Count), images, labels);
        return (images, labels);
    }
}
