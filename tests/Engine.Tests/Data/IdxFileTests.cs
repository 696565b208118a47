using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_images_and_labels_whatever_their_name(bool gzip)
    {
        byte[] images = Idx.Images(3, 5, 7), labels = Idx.Labels(1, 2, 200);
        IdxFile readImages = IdxFile.ReadImages(_folder.Write("a", gzip ? Idx.Gzip(images) : images));
        IdxFile readLabels = IdxFile.ReadLabels(_folder.Write("b.gz", gzip ? Idx.Gzip(labels) : labels));

        Assert.Equal(new Shape(3, 5, 7), readImages.Shape);
        Assert.Equal(images[16..], readImages.Data);
        Assert.Equal(Idx.Sha256(images), readImages.Sha256());
        Assert.Equal(new Shape(3), readLabels.Shape);
        Assert.Equal(labels[8..], readLabels.Data);
        Assert.Equal(Idx.Sha256(labels), readLabels.Sha256());
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string path = Path.Combine(_folder.Path, "nothing");
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => IdxFile.ReadImages(path));
        Assert.Equal($"{path}: no such file", error.Message);
    }

    [Theory]
    [InlineData(new byte[0], "has 0 bytes of content; an IDX file has a header of 16")]
    [InlineData(new byte[] { 0, 0, 8 }, "has 3 bytes of content; an IDX file has a header of 16")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 1 }, "has 8 bytes of content; its header alone has 16")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 5 }, "its magic number is 0x00000801; a file of images has 0x00000803")]
    [InlineData(new byte[] { 60, 104, 116, 109, 108, 62 }, "its magic number is 0x3c68746d; a file of images has 0x00000803")]
    public void What_is_no_file_of_images_is_refused(byte[] content, string expected)
    {
        AssertRefused("raw", content, expected);
        AssertRefused("packed", Idx.Gzip(content), expected);
    }

    [Fact]
    public void What_is_no_file_of_labels_is_refused()
    {
        string path = _folder.Write("labels", Idx.Images(1, 2, 2));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => IdxFile.ReadLabels(path));
        Assert.Equal($"{path}: its magic number is 0x00000803; a file of labels has 0x00000801", error.Message);
    }

    [Theory]
    [InlineData(0, 28, 28, "dimension 0 is 0")]
    [InlineData(10, 28, 0, "dimension 2 is 0")]
    [InlineData(uint.MaxValue, uint.MaxValue, uint.MaxValue, "dimension 0 is 4294967295")]
    [InlineData(4, 32768, 32768, "dimension 2 is 32768")] // 4 GiB
    [InlineData(65536, 65536, 65536, "dimension 1 is 65536")] // 2⁴⁸, which 32 bits would take for 0
    public void Extents_out_of_range_are_refused(uint count, uint height, uint width, string expected)
    {
        byte[] content = Idx.File(Idx.ImagesMagic, [count, height, width], [1, 2, 3]);
        AssertRefused("raw", content, $"{expected}; each must be at least 1, and their product at most 1073741824");
        AssertRefused("packed", Idx.Gzip(content), $"{expected}; each must be at least 1, and their product at most 1073741824");
    }

    [Fact]
    public void A_header_that_promises_too_much_costs_no_memory()
    {
        byte[] content = Idx.File(Idx.ImagesMagic, [1_000_000, 28, 28], [1, 2, 3]);
        byte[] packed = Idx.Gzip(content);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused("raw", content, "has 19 bytes; its header says 1000000×28×28, which makes 784000016");
        AssertRefused("packed", packed, $"its header says 1000000×28×28, which makes 784000016 bytes; "
            + $"its {packed.Length} bytes of gzip can hold {packed.Length * 1032} at most");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void A_file_shorter_or_longer_than_its_header_says_is_refused()
    {
        byte[] content = Idx.Images(2, 3, 3);
        AssertRefused("short", content[..^1], "has 33 bytes; its header says 2×3×3, which makes 34");
        AssertRefused("long", [.. content, 0], "has 35 bytes; its header says 2×3×3, which makes 34");
        AssertRefused("short.gz", Idx.Gzip(content[..^1]),
            "the gzip stream is cut short: 33 bytes when unpacked; its header says 2×3×3, which makes 34");
        AssertRefused("long.gz", Idx.Gzip([.. content, 0]), "has more than the 34 bytes it should have when unpacked");
        AssertRefused("two.gz", [.. Idx.Gzip(content), .. Idx.Gzip(content)], "has more than the 34 bytes it should have when unpacked");
    }

    [Fact]
    public void Bytes_behind_the_gzip_stream_are_refused()
    {
        AssertRefused("x.gz", [.. Idx.Gzip(Idx.Images(2, 3, 3)), 1, 2, 3, 4],
            "the gzip stream is cut short or has bytes behind it; its last 4 bytes must be the content's length, 34, and are 67305985");
    }

    [Fact]
    public void A_gzip_stream_cut_anywhere_is_refused()
    {
        byte[] packed = Idx.Gzip(Idx.Images(4, 6, 6));
        for (int length = 0; length < packed.Length; length++)
        {
            string path = _folder.Write("cut.gz", packed[..length]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => IdxFile.ReadImages(path));
            Assert.StartsWith($"{path}: ", error.Message);
        }
    }

    [Fact]
    public void A_gzip_stream_damaged_anywhere_is_refused_or_harmless()
    {
        byte[] content = Idx.Images(4, 6, 6);
        byte[] packed = Idx.Gzip(content);
        for (int i = 0; i < packed.Length; i++)
        {
            byte[] damaged = [.. packed];
            damaged[i] ^= 0x55;
            string path = _folder.Write("damaged.gz", damaged);
            try
            {
                Assert.Equal(content[16..], IdxFile.ReadImages(path).Data); // a time stamp, say
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith($"{path}: ", error.Message);
                Assert.DoesNotContain('\n', error.Message);
            }
        }
    }

    private void AssertRefused(string name, byte[] content, string expected)
    {
        string path = _folder.Write(name, content);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => IdxFile.ReadImages(path));
        Assert.Equal($"{path}: {expected}", error.Message);
    }
}
