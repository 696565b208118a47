using System.Text;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Imaging;

/// <summary>PGM and PPM files, formats that are not read, endings, and pictures as tensors.</summary>
public sealed class ImageFileTests : IDisposable
{
    private readonly Serialization.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.pgm", 1), InlineData("A.PGM", 1), InlineData("a.ppm", 3), InlineData("a.PnG", 1)]
    public void What_is_written_is_read_again_whatever_its_ending_is_then(string name, int channels)
    {
        Picture picture = Some.Picture(7, 5, channels);
        ImageFile.Write(_folder.File(name), picture);
        File.Move(_folder.File(name), _folder.File("other"));
        Some.AssertSame(picture, ImageFile.Read(_folder.File("other")));
    }

    [Fact]
    public void Netpbm_headers_may_have_comments_and_fewer_brightnesses()
    {
        Picture picture = Read([.. "P5 # grey\n#two\n 3\t2\n # most\r\n15\n"u8, 0, 15, 7, 1, 2, 3]);
        Assert.Equal((3, 2), (picture.Width, picture.Height));
        Assert.Equal([0, 255, 119, 17, 34, 51], picture.Bytes.ToArray());
        Assert.Equal([10, 35, 32], Read([.. "P6 1 1 255\n"u8, 10, 35, 32]).Bytes.ToArray()); // one white space, then pixels: no comment
    }

    [Theory]
    [InlineData("P5", "the width in its header is not a number of at least 1")]
    [InlineData("P5 3", "the width in its header is not a number of at least 1")]
    [InlineData("P5 x 2 255 ", "the width in its header is not a number of at least 1")]
    [InlineData("P5 3 0 255 ", "the height in its header is not a number of at least 1")]
    [InlineData("P5 3 -2 255 ", "the height in its header is not a number of at least 1")]
    [InlineData("P5 3 99999999999999999999 255 ", "the height in its header is not a number of at least 1")]
    [InlineData("P5 3 2 #", "the brightest value in its header is not a number of at least 1")]
    [InlineData("P5 3 2 65535 ", "its brightest value is 65535; pictures of up to 255, 8 bits, are read")]
    [InlineData("P5 65536 65536 255 ", "its header says 65536×65536; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels")]
    [InlineData("P5 65537 1 255 ", "its header says 65537×1; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels")]
    [InlineData("P6 8000 8000 255 abc", "has 3 bytes of pixels; its header says 8000×8000, which makes 192000000")]
    [InlineData("P5 1 2 255 abc", "has 3 bytes of pixels; its header says 1×2, which makes 2")]
    [InlineData("P5 1 2 97 ab", "byte 1 of its pixels is 98; its header says that the brightest is 97")]
    public void A_damaged_netpbm_file_is_refused(string content, string message) => AssertRefused(Encoding.ASCII.GetBytes(content), message);

    [Theory]
    [InlineData(new byte[] { 0xff, 0xd8, 0xff, 0xe0 }, "JPEG")]
    [InlineData(new byte[] { 0x47, 0x49, 0x46, 0x38, 0x39 }, "GIF")]
    [InlineData(new byte[] { 0x52, 0x49, 0x46, 0x46 }, "WebP")]
    [InlineData(new byte[] { 0x50, 0x32, 0x20 }, "Netpbm's P2")]
    public void Other_formats_are_named_and_refused_with_advice(byte[] content, string format) => AssertRefused(
        content, $"is in the format {format}, which is not read; convert it to PNG, as by: magick FILE image.png");

    [Fact]
    public void What_is_no_picture_is_refused()
    {
        AssertRefused([], "is no picture that is read: PNG, BMP, PGM (P5) or PPM (P6); it has 0 bytes");
        AssertRefused([1, 2, 3], "is no picture that is read: PNG, BMP, PGM (P5) or PPM (P6); it has 3 bytes, the first of them 010203");
        AssertRefused([0x89, 0x50, 0x4e, 0x47, 1, 2, 3, 4], "begins like a PNG file, but its signature is damaged");
        string missing = _folder.File("missing");
        Assert.Equal($"{missing}: no such file", Assert.Throws<FileNotFoundException>(() => ImageFile.Read(missing)).Message);
        string folder = Path.GetDirectoryName(missing)!;
        Assert.Equal($"{folder}: this is a folder; a file's name is needed", Assert.Throws<IOException>(() => ImageFile.Read(folder)).Message);
    }

    [Fact]
    public void Endings_say_what_is_written()
    {
        Picture grey = Some.Picture(2, 2, 1), colours = Some.Picture(2, 2, 3);
        Throws("a.pgm: .pgm holds grey pictures; this one has colours, for which there are .png and .ppm", "a.pgm", colours);
        Throws("a.ppm: .ppm holds colours; this picture is grey, for which there are .png and .pgm", "a.ppm", grey);
        Throws("a.jpg: pictures are written as .png, .pgm or .ppm", "a.jpg", grey);
        Assert.Empty(_folder.Files());

        void Throws(string message, string name, Picture picture)
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => ImageFile.Write(_folder.File(name), picture));
            Assert.EndsWith(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pictures_are_checked()
    {
        Layers.Expect.Throws<ArgumentException>("the picture is 0×5; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", () => _ = new Picture(0, 5, 1, []));
        Layers.Expect.Throws<ArgumentException>("the picture is 65536×65536; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", () => _ = new Picture(65536, 65536, 1, []));
        Layers.Expect.Throws<ArgumentException>("the number of channels is 2; it must be 1 or 3", () => _ = new Picture(2, 2, 2, new byte[8]));
        Layers.Expect.Throws<ArgumentException>("5 bytes do not fill 2×2 pixels of 1", () => _ = new Picture(2, 2, 1, new byte[5]));
        Layers.Expect.Throws<ArgumentException>("the tensor is 2×3×4; a picture is 1×H×W or 3×H×W", () => Picture.FromTensor(Tensor.Zeros(new Shape(2, 3, 4))));
    }

    [Fact]
    public void A_tensor_has_the_channels_one_after_another_from_0_to_1()
    {
        Tensor tensor = new Picture(2, 1, 3, [0, 51, 102, 153, 204, 255]).ToTensor();
        Assert.Equal(new Shape(3, 1, 2), tensor.Shape);
        Assert.Equal([0, 0.6f, 0.2f, 0.8f, 0.4f, 1], tensor.Span.ToArray());
        Picture picture = Some.Picture(5, 7, 3);
        Some.AssertSame(picture, Picture.FromTensor(picture.ToTensor()));
        Assert.Equal([0, 0, 128, 255, 255, 0], Picture.FromTensor(Tensor.From(new Shape(1, 2, 3), [-1, 0, 0.5f, 1, 7, float.NaN])).Bytes.ToArray());
    }

    [Fact]
    public void Grey_is_the_brightness_that_the_eye_sees()
    {
        Picture grey = new Picture(4, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]).ToGrey();
        Assert.Equal(1, grey.Channels);
        Assert.Equal([76, 150, 29, 255], grey.Bytes.ToArray());
        Assert.Same(grey, grey.ToGrey());
    }

    private Picture Read(byte[] content)
    {
        File.WriteAllBytes(_folder.File("file"), content);
        return ImageFile.Read(_folder.File("file"));
    }

    private void AssertRefused(byte[] content, string message) =>
        Assert.Equal($"{_folder.File("file")}: {message}", Assert.Throws<InvalidDataException>(() => Read(content)).Message);
}
