using CnnEngine.Imaging;
using static CnnEngine.Tests.Imaging.HandMadeBmp;

namespace CnnEngine.Tests.Imaging;

/// <summary>BMP files, hand-made in all forms that are read, and in those that are not.</summary>
public class BmpTests
{
    private static readonly byte[] UsualMasks = [0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0];
    private static readonly byte[] TwoRows = [3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0]; // blue, green, red; two bytes fill a row

    [Fact]
    public void Rows_run_from_the_bottom_or_from_the_top()
    {
        Same([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6], 2, 2, 3, File(2, 2, 24, TwoRows));
        Same([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 2, 3, File(2, -2, 24, TwoRows));
        Same([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6], 2, 2, 3, File(2, 2, 24, TwoRows, headerLength: 12));
        Same([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6], 2, 2, 3, [.. File(2, 2, 24, TwoRows, headerLength: 124), 1, 2, 3]); // what comes behind is passed over
    }

    [Fact]
    public void The_fourth_byte_of_32_bits_is_passed_over()
    {
        byte[] pixels = [3, 2, 1, 99, 6, 5, 4, 0];
        Same([1, 2, 3, 4, 5, 6], 2, 1, 3, File(2, 1, 32, pixels));
        Same([1, 2, 3, 4, 5, 6], 2, 1, 3, File(2, -1, 32, pixels, compression: 3, masks: UsualMasks));
        byte[] longer = File(2, 1, 32, pixels, headerLength: 108, compression: 3);
        UsualMasks.CopyTo(longer, 54);
        Same([1, 2, 3, 4, 5, 6], 2, 1, 3, longer);
    }

    [Fact]
    public void Palettes_have_1_4_or_8_bits_and_are_grey_if_their_colours_are()
    {
        byte[] colours = [3, 2, 1, 0, 6, 5, 4, 0, 9, 8, 7, 0], greys = [10, 10, 10, 0, 200, 200, 200, 0];
        Same([4, 5, 6, 7, 8, 9, 1, 2, 3], 3, 1, 3, File(3, 1, 8, [1, 2, 0, 0], colours, colours: 3));
        Same([4, 5, 6, 7, 8, 9, 1, 2, 3], 3, 1, 3, File(3, 1, 4, [0x12, 0x0f, 0, 0], colours, colours: 3)); // what fills the row is no pixel
        Same([4, 5, 6, 7, 8, 9, 1, 2, 3], 3, 1, 3, File(3, 1, 4, [0x12, 0, 0, 0], [3, 2, 1, 6, 5, 4, 9, 8, 7], headerLength: 12));
        Same([10, 200, 200, 10, 10, 10, 10, 10, 200], 9, 1, 1, File(9, 1, 1, [0b0110_0000, 0x80, 0, 0], greys, colours: 2));
        byte[] ramp = [.. Enumerable.Range(0, 256).SelectMany(i => new[] { (byte)i, (byte)i, (byte)i, (byte)0 })];
        Same([77, 78, 79, 80, 1, 2, 3, 4], 4, 2, 1, File(4, 2, 8, [1, 2, 3, 4, 77, 78, 79, 80], ramp));
    }

    [Fact]
    public void What_is_not_read_is_named()
    {
        byte[] palette = new byte[1024];
        Refuse("is a BMP file with compression RLE8, which is not read; save it uncompressed, or as PNG", File(2, 2, 8, new byte[8], palette, compression: 1));
        Refuse("is a BMP file with compression PNG, which is not read; save it uncompressed, or as PNG", File(2, 2, 0, new byte[8], compression: 5));
        Refuse("is a BMP file with compression 77, which is not read; save it uncompressed, or as PNG", File(2, 2, 24, new byte[16], compression: 77));
        Refuse("is a BMP file with compression bit fields, which is not read; save it uncompressed, or as PNG", File(2, 2, 16, new byte[16], compression: 3));
        Refuse("is a BMP file with 16 bits a pixel; 1, 4, 8, 24 and 32 are read; save it with 24, or as PNG", File(2, 2, 16, new byte[16]));
        Refuse(
            "is a BMP file with bit fields other than 8 bits each of blue, green and red, which is not read; save it with 24 bits, or as PNG",
            File(2, 1, 32, new byte[8], compression: 3, masks: [1, .. UsualMasks[1..]]));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Refuse("has 3 bytes; a BMP file's headers alone have 26 at least", [(byte)'B', (byte)'M', 1]);
        Refuse("its header has 41 bytes, it says; it must have 12, or 40 to 124, and lie in the file's 26", [.. File(2, 2, 24, [], headerLength: 12)[..14], 41, .. new byte[11]]);
        Refuse("its header has 16 bytes, it says; it must have 12, or 40 to 124, and lie in the file's 71", [.. File(2, 2, 24, TwoRows)[..14], 16, .. new byte[56]]);
        Refuse("its header says 0×2; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", File(0, 2, 24, TwoRows));
        Refuse("its header says -2×2; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", File(-2, 2, 24, TwoRows));
        Refuse("its header says 2×2147483648; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", File(2, int.MinValue, 24, TwoRows));
        Refuse("its header says 100000×100000; pictures have 1 to 65536 rows and columns, and at most 67108864 pixels", File(100_000, 100_000, 24, TwoRows));
        Refuse("has 70 bytes; its header says that 2×3 pixels of 24 bits, 24 bytes, begin at byte 54", File(2, 3, 24, TwoRows));
        Refuse("has 70 bytes; its header says that 8000×8000 pixels of 32 bits, 256000000 bytes, begin at byte 54", File(8000, 8000, 32, TwoRows));
        Refuse("a pixel has colour 2; its palette has 2", File(1, 1, 8, [2, 0, 0, 0], new byte[8], colours: 2));
        Refuse("its palette has 3 colours, it says; 8 bits have 256 at most, and 8 bytes are left for it", File(1, 1, 8, [2, 0, 0, 0], new byte[8], colours: 3));
        Refuse("its palette has 3 colours, it says; 1 bits have 2 at most, and 16 bytes are left for it", File(1, 1, 1, [2, 0, 0, 0], new byte[16], colours: 3));
        Refuse("its palette has 256 colours, it says; 8 bits have 256 at most, and 0 bytes are left for it", File(1, 1, 8, [2, 0, 0, 0]));
    }

    private static void Same(byte[] expected, int width, int height, int channels, byte[] file) =>
        Some.AssertSame(new Picture(width, height, channels, expected), ImageFile.Decode(file));

    private static void Refuse(string message, byte[] file) => Layers.Expect.Throws<InvalidDataException>(message, () => ImageFile.Decode(file));
}
