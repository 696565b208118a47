using System.Text;

namespace CnnEngine.Imaging;

/// <summary>
/// Netpbm's binary grey (PGM, P5) and colour (PPM, P6) files: the magic number, width, height and the brightest value in decimal digits, one
/// byte of white space, then the pixels. A # begins a comment up to the line's end. https://netpbm.sourceforge.net/doc/pgm.html
/// </summary>
internal static class Netpbm
{
    public static byte[] Encode(Picture picture) =>
        [.. Encoding.ASCII.GetBytes($"P{(picture.Channels == 1 ? 5 : 6)}\n{picture.Width} {picture.Height}\n255\n"), .. picture.Bytes];

    public static Picture Decode(ReadOnlySpan<byte> file)
    {
        int channels = file[1] == '5' ? 1 : 3, at = 2;
        int width = Number(file, ref at, "width"), height = Number(file, ref at, "height"), most = Number(file, ref at, "brightest value");
        Picture.RequireSize(width, height);
        if (most > byte.MaxValue) throw new InvalidDataException($"its brightest value is {most}; pictures of up to 255, 8 bits, are read");
        at++; // the one byte of white space, which Number has seen
        long length = (long)width * height * channels;
        if (file.Length - at != length)
            throw new InvalidDataException($"has {Math.Max(0, file.Length - at)} bytes of pixels; its header says {width}×{height}, which makes {length}");
        byte[] pixels = file[at..].ToArray();
        for (int i = 0; i < pixels.Length; i++)
        {
            if (pixels[i] > most) throw new InvalidDataException($"byte {i} of its pixels is {pixels[i]}; its header says that the brightest is {most}");
            pixels[i] = (byte)(((pixels[i] * byte.MaxValue) + (most / 2)) / most);
        }
        return new Picture(width, height, channels, pixels);
    }

    /// <summary>The next number of the header, at least 1; leaves the place at the white space behind it.</summary>
    private static int Number(ReadOnlySpan<byte> file, ref int at, string what)
    {
        while (at < file.Length && (IsSpace(file[at]) || file[at] == '#'))
        {
            if (file[at] == '#')
                while (at < file.Length && file[at] != '\n') at++;
            else at++;
        }
        long number = 0;
        int first = at;
        while (at < file.Length && char.IsAsciiDigit((char)file[at]) && number <= int.MaxValue) number = (number * 10) + (file[at++] - '0');
        if (at == first || at == file.Length || !IsSpace(file[at]) || number is < 1 or > int.MaxValue)
            throw new InvalidDataException($"the {what} in its header is not a number of at least 1");
        return (int)number;
    }

    private static bool IsSpace(byte c) => c is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or 11 or 12;
}
