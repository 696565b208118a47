using CnnEngine.Imaging;

namespace CnnEngine.Tests.Imaging;

/// <summary>Pictures in other sizes: against PyTorch's numbers, and against what must hold whatever the sizes.</summary>
public class ResizeTests
{
    private static byte[] Curve(int width, int height) =>
        [.. from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) select (byte)((7 * x * x) + (13 * y * y) + (5 * x * y))];

    // PyTorch 1.13: interpolate(picture, size, mode="bilinear", antialias=True), which rounds once; we round after rows and after columns.
    [Theory]
    [InlineData(9, 7, 4, 3, new[] { 28.87, 90.61, 144.53, 153.16, 123.16, 133.3, 124.93, 128.19, 150.51, 121.67, 124.37, 153.67 })]
    [InlineData(6, 6, 6, 2, new[] { 32.5, 45.75, 73, 114.25, 137.5, 142.75, 131, 156.75, 100.5, 154.25, 94, 143.75 })]
    [InlineData(5, 4, 8, 7, new[]
    {
        0, 3.06, 8.31, 21.44, 38.94, 60.81, 90.56, 112, 4.64, 8.49, 14.85, 29.09, 47.71, 70.7, 101.57, 123.79, 12.07, 17.17, 25.32, 41.34,
        61.75, 86.52, 119.17, 142.64, 32.5, 38.84, 48.78, 66.59, 88.78, 115.34, 149.78, 174.5, 56.64, 64.24, 75.96, 95.56, 119.53, 147.88,
        173.82, 191.79, 93.79, 102.63, 116.14, 137.52, 163.28, 193.42, 138.85, 94.07, 117, 126.62, 141.25, 163.75, 190.62, 221.88, 117, 33,
    })]
    [InlineData(12, 5, 5, 9, new[]
    {
        10.36, 74.39, 176.86, 140, 121.76, 16.23, 83.89, 161.4, 150.27, 142.89, 26, 99.73, 135.65, 167.37, 178.12, 47.34, 117.48, 121.45,
        155.54, 174.83, 71.56, 135.71, 110.14, 136.47, 161.92, 110.23, 144.28, 115.82, 127.03, 146.39, 144.96, 145.61, 123.87, 119.03,
        137.16, 163.93, 118.01, 141.45, 116.8, 153.13, 175.32, 101.44, 152, 115.46, 162.72,
    })]
    public void Bilinear_is_what_pytorch_makes_of_it(int width, int height, int newWidth, int newHeight, double[] expected)
    {
        byte[] curve = Curve(width, height), colours = [.. curve.SelectMany(pixel => new[] { pixel, (byte)(255 - pixel), (byte)7 })];
        byte[] grey = new Picture(width, height, 1, curve).Resize(newWidth, newHeight).Bytes.ToArray();
        for (int i = 0; i < expected.Length; i++) Assert.InRange(grey[i] - expected[i], -1.01, 1.01);
        byte[] resized = new Picture(width, height, 3, colours).Resize(newWidth, newHeight).Bytes.ToArray();
        for (int i = 0; i < grey.Length; i++)
        {
            Assert.Equal((grey[i], 7), (resized[3 * i], resized[(3 * i) + 2]));
            Assert.InRange(resized[(3 * i) + 1] + grey[i], 254, 256); // halves are rounded up
        }
    }

    [Theory]
    [InlineData(1, 1, 5, 7)]
    [InlineData(300, 2, 3, 200)]
    [InlineData(17, 31, 16, 32)]
    [InlineData(5000, 1, 1, 1)]
    public void Equal_pixels_stay_what_they_are(int width, int height, int newWidth, int newHeight)
    {
        foreach (byte pixel in new byte[] { 0, 1, 200, 255 })
        {
            byte[] bytes = new byte[width * height];
            bytes.AsSpan().Fill(pixel);
            foreach (ResizeMode mode in new[] { ResizeMode.Stretch, ResizeMode.Crop })
                Assert.True(new Picture(width, height, 1, bytes).Resize(newWidth, newHeight, mode).Bytes.IndexOfAnyExcept(pixel) < 0);
        }
    }

    [Fact]
    public void A_picture_of_the_size_is_itself()
    {
        Picture picture = Some.Picture(5, 7, 3);
        Assert.All(Enum.GetValues<ResizeMode>(), mode => Assert.Same(picture, picture.Resize(5, 7, mode)));
    }

    [Fact]
    public void Halves_are_means_of_what_they_cover()
    {
        // The triangle of a pixel that shrinks to a half is four old ones wide: 1 3 3 1 within, cut off at the ends.
        int[] halves = Array.ConvertAll(new Picture(6, 1, 1, [0, 7, 14, 70, 8, 160]).Resize(3, 1).Bytes.ToArray(), pixel => (int)pixel);
        Assert.Equal([Mean((3, 0), (3, 7), (1, 14)), Mean((1, 7), (3, 14), (3, 70), (1, 8)), Mean((1, 70), (3, 8), (3, 160))], halves);

        static int Mean(params (int Weight, int Pixel)[] parts) =>
            (int)Math.Round((double)parts.Sum(part => part.Weight * part.Pixel) / parts.Sum(part => part.Weight), MidpointRounding.AwayFromZero);
    }

    [Fact]
    public void Crop_keeps_the_middle_in_its_proportions()
    {
        Picture wide = new(8, 2, 1, [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18]);
        Assert.Equal([4, 5, 14, 15], wide.Resize(2, 2, ResizeMode.Crop).Bytes.ToArray());
        Picture high = new(1, 5, 1, [10, 20, 30, 40, 50]);
        Assert.Equal([30], high.Resize(1, 1, ResizeMode.Crop).Bytes.ToArray());
        Assert.Equal([30, 30, 30, 30], high.Resize(2, 2, ResizeMode.Crop, Interpolation.Nearest).Bytes.ToArray());
    }

    [Fact]
    public void Pad_keeps_all_and_puts_black_around()
    {
        Picture wide = new(4, 2, 1, [1, 2, 3, 4, 11, 12, 13, 14]);
        Assert.Equal([0, 0, 0, 0, 1, 2, 3, 4, 11, 12, 13, 14, 0, 0, 0, 0], wide.Resize(4, 4, ResizeMode.Pad).Bytes.ToArray());
        Picture high = new(1, 2, 3, [1, 2, 3, 4, 5, 6]);
        Assert.Equal([0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0], high.Resize(3, 2, ResizeMode.Pad).Bytes.ToArray());
        // A hair stays a hair.
        Assert.Equal([0, 90, 0], new Picture(1000, 1, 1, [.. Enumerable.Repeat((byte)90, 1000)]).Resize(1, 3, ResizeMode.Pad).Bytes.ToArray());
    }

    [Fact]
    public void Nearest_takes_pixels_as_they_are()
    {
        Picture picture = new(3, 1, 1, [10, 20, 30]);
        Assert.Equal([10, 10, 20, 20, 30, 30], picture.Resize(6, 1, interpolation: Interpolation.Nearest).Bytes.ToArray());
        Assert.Equal([20], picture.Resize(1, 1, interpolation: Interpolation.Nearest).Bytes.ToArray());
        Assert.Equal([10, 30], new Picture(4, 1, 1, [5, 10, 20, 30]).Resize(2, 1, interpolation: Interpolation.Nearest).Bytes.ToArray());
    }

    [Fact]
    public void Sizes_are_checked()
    {
        Picture picture = Some.Picture(2, 2, 1);
        Layers.Expect.Throws<ArgumentOutOfRangeException>("a picture cannot become 0×3; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", () => picture.Resize(0, 3));
        Layers.Expect.Throws<ArgumentOutOfRangeException>("a picture cannot become 65536×65536; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", () => picture.Resize(65536, 65536));
        Assert.Throws<ArgumentOutOfRangeException>(() => picture.Resize(3, 3, (ResizeMode)9));
    }

    [Fact]
    public void Grey_becomes_three_equal_colours()
    {
        Picture colours = new Picture(2, 1, 1, [3, 9]).ToColours();
        Assert.Equal((3, 2, 1), (colours.Channels, colours.Width, colours.Height));
        Assert.Equal([3, 3, 3, 9, 9, 9], colours.Bytes.ToArray());
        Assert.Same(colours, colours.ToColours());
        Assert.Equal([3, 9], colours.ToGrey().Bytes.ToArray());
    }
}
