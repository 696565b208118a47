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

/// <summary>Augmentation: every image is a window of the old one with a border, perhaps mirrored, and follows from seed, epoch and number.</summary>
public class CropAndFlipTests
{
    private static readonly Shape Image = new(2, 5, 7);
    private static readonly TensorDataset Data = Some.Images(40, Image, 3);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)] // beyond the image: only zeros may be left
    public void Each_image_is_one_of_the_windows(int border)
    {
        CropAndFlip augmented = new(Data, border);
        HashSet<(int, int, bool)> seen = [];
        for (int epoch = 1; epoch <= 20; epoch++)
        {
            augmented.BeginEpoch(epoch);
            (float[] plain, int[] labels) = Read(Data);
            (float[] images, int[] same) = Read(augmented);
            Assert.Equal(labels, same);
            for (int n = 0; n < Data.Count; n++)
            {
                ReadOnlySpan<float> image = images.AsSpan(n * Image.Length, Image.Length);
                if (image.IndexOfAnyExcept(0f) < 0 && border > 4) continue;
                Assert.True(Find(plain.AsSpan(n * Image.Length, Image.Length), image, border) is { } window, $"image {n} of epoch {epoch} is no window of the old one");
                seen.Add(Find(plain.AsSpan(n * Image.Length, Image.Length), image, border)!.Value);
            }
        }
        // All of them come up in 800 images; those that keep a corner only, one pixel, may look alike.
        if (border <= 3) Assert.Equal(2 * ((2 * border) + 1) * ((2 * border) + 1), seen.Count);
    }

    [Fact]
    public void What_becomes_of_an_image_follows_from_seed_epoch_and_number()
    {
        CropAndFlip one = new(Data, seed: 1), again = new(Data, seed: 1), other = new(Data, seed: 2);
        one.BeginEpoch(1);
        again.BeginEpoch(2);
        float[] first = Read(one).Images;
        Assert.NotEqual(first, Read(again).Images);
        again.BeginEpoch(1);
        other.BeginEpoch(1);
        Assert.NotEqual(first, Read(other).Images);
        Assert.Equal(first, Read(again).Images);

        // Not from its place among those that are read, nor from what was read before.
        float[] three = new float[3 * Image.Length];
        one.Read([7, 7, 30], three, new int[3]);
        Assert.Equal([.. first[(7 * Image.Length)..(8 * Image.Length)], .. first[(7 * Image.Length)..(8 * Image.Length)], .. first[(30 * Image.Length)..(31 * Image.Length)]], three);
    }

    [Fact]
    public void A_training_gives_the_same_bits_on_any_number_of_threads_and_sees_other_images_in_each_epoch()
    {
        float[] expected = Train(1, augmented: true);
        Assert.Equal(expected, Train(2, augmented: true));
        Assert.Equal(expected, Train(3, augmented: true));
        Assert.NotEqual(expected, Train(1, augmented: false));

        static float[] Train(int threads, bool augmented)
        {
            using ForcedThreads _ = new(threads);
            Network network = new Sequential { new Conv2d(3, 3), new ReLU(), new Flatten(), new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = 40 });
            new Trainer(network, new Sgd(), new CrossEntropy()).Fit(augmented ? new CropAndFlip(Data) : Data, null, new TrainerOptions { Epochs = 3 });
            return Some.Weights(network);
        }
    }

    [Fact]
    public void Epochs_are_told_before_they_begin()
    {
        EpochMeter data = new(Data);
        Network network = new Sequential { new Flatten(), new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = 20 });
        new Trainer(network, new Sgd(), new CrossEntropy()).Fit(new CropAndFlip(data), Data, new TrainerOptions { Epochs = 3 });
        Assert.Equal([1, 2, 3], data.Epochs);
    }

    [Fact]
    public void It_is_called_and_made_as_the_data_are()
    {
        ByteImages data = new("few", new Shape(1, 2, 2), new byte[8], [0, 1], 2, new Normalization(0.5f, 2), ["cat", "dog"]);
        CropAndFlip augmented = new(data);
        Assert.Equal(("few", 2, data.Preprocessing), (augmented.Name, augmented.Count, augmented.Preprocessing));
        Assert.Equal(["cat", "dog"], augmented.ClassNames);
    }

    [Fact]
    public void Reading_takes_no_memory()
    {
        CropAndFlip augmented = new(Data);
        float[] images = new float[40 * Image.Length];
        int[] indices = Some.Indices(40), labels = new int[40];
        augmented.Read(indices, images, labels);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) augmented.Read(indices, images, labels);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void What_cannot_be_cropped_is_refused()
    {
        Expect.Throws<ArgumentException>("random has images of 7; only C×H×W can be augmented", () => _ = new CropAndFlip(Some.Images(2, new Shape(7), 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CropAndFlip(Data, -1));
        Assert.Throws<ArgumentNullException>(() => new CropAndFlip(null!));
        CropAndFlip augmented = new(Data);
        Assert.Equal((Data.Name, Data.ImageShape, Data.Count, Data.Classes), (augmented.Name, augmented.ImageShape, augmented.Count, augmented.Classes));
    }

    private static (float[] Images, int[] Labels) Read(IDataset data)
    {
        float[] images = new float[data.Count * data.ImageShape.Length];
        int[] labels = new int[data.Count];
        data.Read(Some.Indices(data.Count), images, labels);
        return (images, labels);
    }

    /// <summary>By which move, and whether mirrored, one image becomes another; null if by none.</summary>
    private static (int Down, int Right, bool Mirrored)? Find(ReadOnlySpan<float> old, ReadOnlySpan<float> image, int border)
    {
        for (int down = -border; down <= border; down++)
            for (int right = -border; right <= border; right++)
                foreach (bool mirrored in (bool[])[false, true])
                    if (IsWindow(old, image, down, right, mirrored)) return (down, right, mirrored);
        return null;
    }

    private static bool IsWindow(ReadOnlySpan<float> old, ReadOnlySpan<float> image, int down, int right, bool mirrored)
    {
        (int channels, int height, int width) = (Image[0], Image[1], Image[2]);
        for (int c = 0; c < channels; c++)
            for (int h = 0; h < height; h++)
                for (int w = 0; w < width; w++)
                {
                    (int y, int x) = (h - down, (mirrored ? width - 1 - w : w) - right);
                    float expected = y < 0 || y >= height || x < 0 || x >= width ? 0 : old[(((c * height) + y) * width) + x];
                    if (image[(((c * height) + h) * width) + w] != expected) return false;
                }
        return true;
    }

    private sealed class EpochMeter(IDataset data) : IDataset
    {
        public List<int> Epochs { get; } = [];

        public string Name => data.Name;

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => data.Classes;

        public void BeginEpoch(int epoch) => Epochs.Add(epoch);

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels) => data.Read(indices, images, labels);
    }
}
