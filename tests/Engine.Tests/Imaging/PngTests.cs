using CnnEngine.Imaging;
using static CnnEngine.Tests.Imaging.HandMadePng;

namespace CnnEngine.Tests.Imaging;

/// <summary>PNG files: written and read again, hand-made in all forms that are read, damaged in every way.</summary>
public sealed class PngTests : IDisposable
{
    private readonly Serialization.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1, 1), InlineData(7, 5, 1), InlineData(1, 9, 3), InlineData(40, 33, 3)]
    public void What_is_written_is_read_again(int width, int height, int channels)
    {
        Picture picture = Some.Picture(width, height, channels);
        ImageFile.Write(_folder.File("a.png"), picture);
        Some.AssertSame(picture, ImageFile.Read(_folder.File("a.png")));
        Assert.Equal(["a.png"], _folder.Files());
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Every_filter_is_undone(byte filter)
    {
        foreach ((byte colours, int channels) in new[] { (PngDecoder.Grey, 1), (PngDecoder.Rgb, 3) })
        {
            Picture picture = Some.Picture(6, 5, channels);
            byte[] rows = Filter(filter, picture.Bytes.ToArray(), picture.Height, channels);
            Some.AssertSame(picture, Read(File(Header(6, 5, colours: colours), Pixels(rows), End())));
        }
    }

    [Fact]
    public void Few_bits_and_palettes_become_whole_bytes()
    {
        Assert.Equal([0, 255, 255, 0, 0, 0, 0, 255, 255], Read(File(Header(9, 1, bits: 1), Pixels(0, 0b0110_0001, 0b1000_0000), End())).Bytes.ToArray());
        Assert.Equal([0, 85, 170, 255, 170], Read(File(Header(5, 1, bits: 2), Pixels(0, 0b0001_1011, 0b1000_0000), End())).Bytes.ToArray());
        Assert.Equal([0x33, 0xff, 0x00], Read(File(Header(3, 1, bits: 4), Pixels(0, 0x3f, 0x00), End())).Bytes.ToArray());
        byte[] palette = Chunk("PLTE", 1, 2, 3, 40, 50, 60, 7, 8, 9);
        Picture few = Read(File(Header(3, 1, bits: 2, colours: 3), palette, Pixels(0, 0b0110_0000), End()));
        Assert.Equal(3, few.Channels);
        Assert.Equal([40, 50, 60, 7, 8, 9, 1, 2, 3], few.Bytes.ToArray());
        Assert.Equal([7, 8, 9, 1, 2, 3], Read(File(Header(2, 1, colours: 3), palette, Pixels(0, 2, 0), End())).Bytes.ToArray());
    }

    [Fact]
    public void Sixteen_bits_become_the_nearest_of_eight()
    {
        Assert.Equal([0, 0, 1, 127, 128, 254, 255], Read(File(
            Header(7, 1, bits: 16), Pixels(0, 0, 0, 0, 128, 0, 129, 0x7f, 0xff, 0x80, 0, 0xff, 0, 0xff, 0xff), End())).Bytes.ToArray());
        Assert.Equal([1, 2, 255], Read(File(Header(1, 1, bits: 16, colours: 2), Pixels(0, 1, 1, 2, 2, 255, 255), End())).Bytes.ToArray());
        Assert.Equal([7, 9], Read(File(Header(2, 1, bits: 16, colours: 4), Pixels(0, 7, 7, 1, 2, 9, 9, 3, 4), End())).Bytes.ToArray());
        Assert.Equal([7, 8, 9], Read(File(Header(1, 1, bits: 16, colours: 6), Pixels(0, 7, 7, 8, 8, 9, 9, 3, 4), End())).Bytes.ToArray());
        for (int value = 0; value < 65536; value += 61)
            Assert.Equal((int)Math.Round(value / 257.0), ImageFile.Decode(File(Header(1, 1, bits: 16), Pixels(0, (byte)(value >> 8), (byte)value), End())).Bytes[0]);
    }

    [Fact]
    public void Palettes_of_greys_are_grey()
    {
        byte[] palette = Chunk("PLTE", 1, 1, 1, 200, 200, 200), transparent = Chunk("tRNS", 0, 255);
        Picture grey = Read(File(Header(3, 1, bits: 1, colours: 3), palette, transparent, Pixels(0, 0b0110_0000), End()));
        Assert.Equal(1, grey.Channels);
        Assert.Equal([1, 200, 200], grey.Bytes.ToArray());
    }

    // The pass that each pixel of an 8×8 square comes in, from the specification's section 8.2.
    private static readonly string[] Adam7 = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

    [Theory]
    [InlineData(8, 2), InlineData(8, 6), InlineData(8, 3), InlineData(16, 2), InlineData(16, 0), InlineData(4, 0), InlineData(2, 3), InlineData(1, 0)]
    public void Interlaced_pictures_are_what_they_are_without(byte bits, byte colours)
    {
        int samples = colours switch { 2 => 3, 6 => 4, _ => 1 };
        byte[] palette = Chunk("PLTE", [.. Enumerable.Range(0, 768).Select(i => (byte)(i * 7))]);
        foreach ((int width, int height) in new[] { (1, 1), (2, 3), (3, 2), (5, 5), (8, 8), (9, 17), (1, 9), (33, 4) })
        {
            byte[] values = new byte[width * height * samples * 2]; // two bytes a sample, of which few bits may count
            new Random(width * height).NextBytes(values);
            List<byte> interlaced = [];
            for (char pass = '1'; pass <= '7'; pass++)
                for (int row = 0; row < height; row++)
                {
                    int[] columns = [.. Enumerable.Range(0, width).Where(column => Adam7[row % 8][column % 8] == pass)];
                    if (columns.Length > 0) interlaced.AddRange([0, .. Pack(row, columns)]);
                }
            byte[] plain = [.. Enumerable.Range(0, height).SelectMany(row => (byte[])[0, .. Pack(row, [.. Enumerable.Range(0, width)])])];
            Some.AssertSame(
                ImageFile.Decode(File(Header((uint)width, (uint)height, bits, colours), palette, Pixels(plain), End())),
                ImageFile.Decode(File(Header((uint)width, (uint)height, bits, colours, interlacing: 1), palette, Pixels([.. interlaced]), End())));

            byte[] Pack(int row, int[] columns)
            {
                byte[] packed = new byte[((columns.Length * samples * bits) + 7) / 8];
                for (int i = 0; i < columns.Length * samples; i++)
                {
                    int at = 2 * ((((row * width) + columns[i / samples]) * samples) + (i % samples));
                    if (bits == 16) (packed[2 * i], packed[(2 * i) + 1]) = (values[at], values[at + 1]);
                    else packed[i * bits / 8] |= (byte)((values[at] >> (8 - bits)) << (8 - bits - (i * bits % 8)));
                }
                return packed;
            }
        }
    }

    [Fact]
    public void An_interlaced_picture_that_ends_early_is_refused()
    {
        Refuse("its pixels end in row 0 of 1", Header(2, 2, interlacing: 1), Pixels(0, 1, 0, 2), End());
        Refuse("has more pixels than the 2×2 that its header says", Header(2, 2, interlacing: 1), Pixels(0, 1, 0, 2, 0, 3, 4, 5), End());
    }

    [Fact]
    public void Transparency_is_ignored()
    {
        Assert.Equal([10, 20], Read(File(Header(2, 1, colours: 4), Pixels(0, 10, 0, 20, 128), End())).Bytes.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(File(Header(2, 1, colours: 6), Pixels(0, 1, 2, 3, 0, 4, 5, 6, 9), End())).Bytes.ToArray());
    }

    [Fact]
    public void Pixels_may_come_in_several_chunks_and_further_chunks_are_passed_over()
    {
        byte[] packed = Compress([0, 1, 2, 0, 3, 4]);
        Picture picture = Read(File(
            Header(2, 2), Chunk("tEXt", 65, 0, 66), Chunk("IDAT", packed[..5]), Chunk("IDAT"), Chunk("IDAT", packed[5..]), Chunk("tIME", 1), End()));
        Assert.Equal([1, 2, 3, 4], picture.Bytes.ToArray());
    }

    [Fact]
    public void What_is_not_read_is_refused_with_advice()
    {
        byte[] pixels = Pixels(0, 1, 2, 0, 3, 4);
        Refuse("needs the chunk CgBI to be understood, which is not", Header(2, 2), Chunk("CgBI", 1), pixels, End());
        Refuse("its header is none of PNG: 3 bits, colour type 0, compression 0, filters 0, interlacing 0", Header(2, 2, bits: 3), pixels, End());
        Refuse("its header is none of PNG: 8 bits, colour type 5, compression 0, filters 0, interlacing 0", Header(2, 2, colours: 5), pixels, End());
        Refuse("its header is none of PNG: 4 bits, colour type 2, compression 0, filters 0, interlacing 0", Header(2, 2, bits: 4, colours: 2), pixels, End());
        Refuse("its header is none of PNG: 8 bits, colour type 0, compression 0, filters 0, interlacing 2", Header(2, 2, interlacing: 2), pixels, End());
    }

    [Fact]
    public void Chunks_that_are_missing_damaged_or_out_of_place_are_refused()
    {
        byte[] pixels = Pixels(0, 1, 2, 0, 3, 4), header = Header(2, 2);
        Refuse("has no pixels: the chunk IDAT is missing", header, End());
        Refuse("the file is cut short: its last chunk, IEND, is missing", header, pixels);
        Refuse("the file is cut short: its last chunk, IEND, is missing");
        Refuse("the chunk IDAT is out of place: IHDR must be the first, and the only one", pixels, header, End());
        Refuse("the chunk IHDR is out of place: IHDR must be the first, and the only one", header, header, pixels, End());
        Refuse("its header has 12 bytes; it must have 13", Chunk("IHDR", new byte[12]), pixels, End());
        Refuse("has no palette: the chunk PLTE is missing", Header(2, 2, colours: 3), pixels, End());
        Refuse("its palette has 4 bytes; it must have 3 for each of 1 to 256 colours", Header(2, 2, colours: 3), Chunk("PLTE", 1, 2, 3, 4), pixels, End());
        Refuse("a pixel has colour 2; its palette has 2", Header(2, 2, colours: 3), Chunk("PLTE", 1, 2, 3, 4, 5, 6), pixels, End());
        Refuse("the chunk 0x00490044 is damaged: its checksum is wrong", header, [0, 0, 0, 0, 0, 0x49, 0, 0x44, 1, 2, 3, 4], End());
        Refuse("the chunk IDAT has 4294967295 bytes, it says; 12 are left in the file", header, [255, 255, 255, 255, .. "IDAT"u8, 0, 0, 0, 0], End());
    }

    [Fact]
    public void Pixels_that_do_not_fit_the_header_are_refused()
    {
        Refuse("its pixels end in row 1 of 3", Header(2, 3), Pixels(0, 1, 2, 0, 3), End());
        Refuse("has more pixels than the 2×2 that its header says", Header(2, 2), Pixels(0, 1, 2, 0, 3, 4, 0), End());
        Refuse("a row has filter 5; there are 0 to 4", Header(2, 2), Pixels(0, 1, 2, 5, 3, 4), End());
        Refuse("its compressed pixels are damaged", Header(2, 2), Chunk("IDAT", 1, 2, 3, 4, 5, 6, 7, 8), End());
        byte[] packed = Compress([0, 1, 2, 0, 3, 4]);
        packed[^1] ^= 1; // zlib's own checksum
        Refuse("its compressed pixels are damaged", Header(2, 2), Chunk("IDAT", packed), End());
    }

    [Theory]
    [InlineData(0, 5), InlineData(5, 0), InlineData(uint.MaxValue, uint.MaxValue), InlineData(65536, 65536), InlineData(1 << 26, 2)]
    public void Sizes_out_of_range_are_refused(uint width, uint height) =>
        Refuse($"its header says {width}×{height}; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", Header(width, height), Pixels(0, 1), End());

    [Fact]
    public void A_header_that_promises_too_much_costs_no_memory()
    {
        byte[] pixels = Pixels(0, 1, 2);
        byte[] file = File(Header(8000, 8000), pixels, End());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuse($"its header says 8000×8000, which makes 64008000 bytes; its {pixels.Length - 12} compressed bytes can hold {(pixels.Length - 12) * 1032} at most", file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] file = File(Header(6, 5, colours: 2), Pixels(Filter(4, Some.Picture(6, 5, 3).Bytes.ToArray(), 5, 3)), End());
        for (int length = 0; length < file.Length; length++) AssertRefused(file[..length]);
    }

    [Fact]
    public void A_file_damaged_anywhere_is_refused()
    {
        byte[] file = File(Header(6, 5, colours: 2), Pixels(Filter(4, Some.Picture(6, 5, 3).Bytes.ToArray(), 5, 3)), End());
        for (int i = 0; i < file.Length; i++)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 0x55;
            AssertRefused(damaged);
        }
    }

    private Picture Read(byte[] file)
    {
        string path = _folder.File("hand-made");
        System.IO.File.WriteAllBytes(path, file);
        return ImageFile.Read(path);
    }

    private void Refuse(string message, params byte[][] chunks) => Refuse(message, File(chunks));

    private void Refuse(string message, byte[] file) =>
        Assert.Equal($"{_folder.File("hand-made")}: {message}", Assert.Throws<InvalidDataException>(() => Read(file)).Message);

    private void AssertRefused(byte[] file)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read(file));
        Assert.StartsWith($"{_folder.File("hand-made")}: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
