using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public class ByteImagesTests
{
    private static readonly Normalization Half = new(0.5f, 0.25f);

    private static ByteImages TwoByThree(int count = 4)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * 6).Select(i => (byte)(i * 10))];
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % 3))];
        return new ByteImages("tiny", new Shape(1, 2, 3), pixels, labels, 3, Half);
    }

    [Fact]
    public void Reads_the_images_asked_for_in_the_order_asked_for()
    {
        ByteImages data = TwoByThree();
        float[] images = new float[20];
        int[] labels = [-1, -1, -1, -1];
        data.Read([2, 0, 2], images, labels);

        Assert.Equal([2, 0, 2, -1], labels);
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal((((120 + (i * 10)) / 255f) - 0.5f) / 0.25f, images[i], 1e-6f);
            Assert.Equal(((i * 10 / 255f) - 0.5f) / 0.25f, images[6 + i], 1e-6f);
        }
        Assert.Equal(images[..6], images[12..18]);
        Assert.Equal([0f, 0f], images[18..]);
    }

    [Fact]
    public void Describes_itself_and_shows_its_bytes()
    {
        ByteImages data = TwoByThree();
        Assert.Equal(("tiny", new Shape(1, 2, 3), 4, 3, Half), (data.Name, data.ImageShape, data.Count, data.Classes, data.Normalization));
        Assert.Equal([60, 70, 80, 90, 100, 110], data.Pixels(1).ToArray());
        Assert.Equal(1, data.Label(1));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        ByteImages data = TwoByThree();
        float[] images = new float[12];
        int[] labels = new int[2];
        int[] indices = [3, 1];
        data.Read(indices, images, labels);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) data.Read(indices, images, labels);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Several_threads_read_the_same()
    {
        ByteImages data = TwoByThree(count: 40);
        float[] expected = new float[240];
        int[] indices = [.. Enumerable.Range(0, 40)];
        data.Read(indices, expected, new int[40]);
        Parallel.For(0, 50, _ =>
        {
            float[] images = new float[240];
            data.Read(indices, images, new int[40]);
            Assert.Equal(expected, images);
        });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    public void An_image_that_is_not_there_is_named(int index)
    {
        ByteImages data = TwoByThree();
        string expected = $"dataset \"tiny\": there is no image {index}; they run from 0 to 3";
        Assert.StartsWith(expected, Assert.Throws<ArgumentOutOfRangeException>(() => data.Read([index], new float[6], new int[1])).Message);
        Assert.StartsWith(expected, Assert.Throws<ArgumentOutOfRangeException>(() => data.Pixels(index).Length).Message);
        Assert.StartsWith(expected, Assert.Throws<ArgumentOutOfRangeException>(() => data.Label(index)).Message);
    }

    [Fact]
    public void Spans_that_are_too_short_are_refused()
    {
        ByteImages data = TwoByThree();
        Assert.StartsWith("dataset \"tiny\": 2 images of 1×2×3 need 12 floats, not 11",
            Assert.Throws<ArgumentException>(() => data.Read([0, 1], new float[11], new int[2])).Message);
        Assert.StartsWith("dataset \"tiny\": 2 images need room for as many labels, not 1",
            Assert.Throws<ArgumentException>(() => data.Read([0, 1], new float[12], new int[1])).Message);
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        Shape shape = new(1, 2, 2);
        AssertRefused("an image's shape is C×H×W, not 2×2",
            () => new ByteImages("x", new Shape(2, 2), new byte[8], new byte[2], 10, Half));
        AssertRefused("2 images of 1×2×2 have 8 pixels, not 7", () => new ByteImages("x", shape, new byte[7], new byte[2], 10, Half));
        AssertRefused("label 1 is 10; labels must be 0..9", () => new ByteImages("x", shape, new byte[8], [9, 10], 10, Half));
        AssertRefused("257 classes; there can be 1 to 256", () => new ByteImages("x", shape, new byte[8], new byte[2], 257, Half));
        AssertRefused("images of 3×2×2 have 3 channels; the normalisation is of 1", () => new ByteImages("x", new Shape(3, 2, 2), new byte[24], new byte[2], 10, Half));
        AssertRefused("1 names of classes; there are 10 classes", () => new ByteImages("x", shape, new byte[8], new byte[2], 10, Half, ["one"]));
    }

    private static void AssertRefused(string expected, Func<ByteImages> make) =>
        Assert.StartsWith($"dataset \"x\": {expected}", Assert.ThrowsAny<ArgumentException>(make).Message);
}
