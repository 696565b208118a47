using System.Buffers.Binary;

namespace CnnEngine.Imaging;

/// <summary>
/// Reads uncompressed BMP files (Microsoft, "Bitmap Storage"): palettes of 1, 4 or 8 bits, of which those of greys make grey pictures, and 24 or 32 bits of
/// blue, green and red; rows from the bottom or from the top. A fourth byte of a pixel is passed over.
/// </summary>
internal static class BmpDecoder
{
    private const int FileHeaderLength = 14, CoreHeaderLength = 12, InfoHeaderLength = 40;

    private const uint Uncompressed = 0, BitFields = 3;

    private static readonly string[] Compressions = ["none", "RLE8", "RLE4", "bit fields", "JPEG", "PNG", "bit fields with transparency"];

    public static Picture Decode(ReadOnlySpan<byte> file)
    {
        if (file.Length < FileHeaderLength + CoreHeaderLength) throw new InvalidDataException($"has {file.Length} bytes; a BMP file's headers alone have {FileHeaderLength + CoreHeaderLength} at least");
        uint first = Number(file, 10), headerLength = Number(file, FileHeaderLength);
        if (headerLength is not (CoreHeaderLength or >= InfoHeaderLength and <= 124) || FileHeaderLength + headerLength > file.Length)
            throw new InvalidDataException($"its header has {headerLength} bytes, it says; it must have {CoreHeaderLength}, or {InfoHeaderLength} to 124, and lie in the file's {file.Length}");
        ReadOnlySpan<byte> header = file.Slice(FileHeaderLength, (int)headerLength);
        bool isCore = headerLength == CoreHeaderLength;
        long width = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) : BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        long height = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) : BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(header[(isCore ? 10 : 14)..]);
        bool isTopDown = height < 0;
        Picture.RequireSize(width, Math.Abs(height));
        (int columns, int rows) = ((int)width, (int)Math.Abs(height));
        uint compression = isCore ? Uncompressed : Number(header, 16);
        if (compression == BitFields && bits == 32) RequireUsualMasks(file);
        else if (compression != Uncompressed)
            throw new InvalidDataException($"is a BMP file with compression {(compression < Compressions.Length ? Compressions[compression] : compression)}, which is not read; save it uncompressed, or as PNG");
        if (bits is not (1 or 4 or 8 or 24 or 32))
            throw new InvalidDataException($"is a BMP file with {bits} bits a pixel; 1, 4, 8, 24 and 32 are read; save it with 24, or as PNG");

        long stride = ((width * bits) + 31) / 32 * 4, needed = stride * rows;
        if (first < FileHeaderLength + headerLength || first + needed > file.Length)
            throw new InvalidDataException($"has {file.Length} bytes; its header says that {columns}×{rows} pixels of {bits} bits, {needed} bytes, begin at byte {first}");
        ReadOnlySpan<byte> pixels = file[(int)first..];
        if (bits < 24) return Paletted(pixels, (int)stride, columns, rows, bits, isTopDown, ReadPalette(file[..(int)first], isCore, bits));
        byte[] picture = new byte[3 * columns * rows];
        int step = bits / 8;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> from = pixels.Slice((isTopDown ? row : rows - 1 - row) * (int)stride, columns * step);
            Span<byte> to = picture.AsSpan(row * 3 * columns, 3 * columns);
            for (int i = 0, j = 0; j < to.Length; i += step, j += 3) (to[j], to[j + 1], to[j + 2]) = (from[i + 2], from[i + 1], from[i]);
        }
        return new Picture(columns, rows, 3, picture);
    }

    private static Picture Paletted(ReadOnlySpan<byte> pixels, int stride, int columns, int rows, int bits, bool isTopDown, byte[] palette)
    {
        bool isGrey = true;
        for (int i = 0; i < palette.Length; i += 3) isGrey &= palette[i] == palette[i + 1] && palette[i] == palette[i + 2];
        int channels = isGrey ? 1 : 3, most = (1 << bits) - 1;
        byte[] picture = new byte[channels * columns * rows];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> from = pixels.Slice((isTopDown ? row : rows - 1 - row) * stride, stride);
            Span<byte> to = picture.AsSpan(row * channels * columns, channels * columns);
            for (int i = 0; i < columns; i++)
            {
                int colour = (from[i * bits / 8] >> (8 - bits - (i * bits % 8))) & most;
                if (3 * colour >= palette.Length) throw new InvalidDataException($"a pixel has colour {colour}; its palette has {palette.Length / 3}");
                palette.AsSpan(3 * colour, channels).CopyTo(to[(i * channels)..]);
            }
        }
        return new Picture(columns, rows, channels, picture);
    }

    /// <summary>The palette as red, green, blue; it stands between the header and the pixels.</summary>
    private static byte[] ReadPalette(ReadOnlySpan<byte> start, bool isCore, int bits)
    {
        int headers = FileHeaderLength + (int)Number(start, FileHeaderLength), entry = isCore ? 3 : 4;
        uint said = isCore ? 0 : Number(start, FileHeaderLength + 32);
        long colours = said == 0 ? 1 << bits : said;
        // Core headers do not say how many colours there are.
        if (isCore) colours = Math.Min(colours, (start.Length - headers) / entry);
        if (colours < 1 || colours > 1 << bits || headers + (colours * entry) > start.Length)
            throw new InvalidDataException($"its palette has {colours} colours, it says; {bits} bits have {1 << bits} at most, and {start.Length - headers} bytes are left for it");
        byte[] palette = new byte[3 * colours];
        for (int i = 0; i < colours; i++)
        {
            ReadOnlySpan<byte> from = start.Slice(headers + (i * entry), 3);
            (palette[3 * i], palette[(3 * i) + 1], palette[(3 * i) + 2]) = (from[2], from[1], from[0]);
        }
        return palette;
    }

    /// <summary>Refuses masks other than those that make a pixel blue, green, red and a byte more, as 32 bits without masks are.</summary>
    private static void RequireUsualMasks(ReadOnlySpan<byte> file)
    {
        const int masks = FileHeaderLength + InfoHeaderLength; // in longer headers, and behind one of this length
        if (file.Length < masks + 12 || (Number(file, masks), Number(file, masks + 4), Number(file, masks + 8)) != (0xff0000, 0xff00, 0xff))
            throw new InvalidDataException("is a BMP file with bit fields other than 8 bits each of blue, green and red, which is not read; save it with 24 bits, or as PNG");
    }

    private static uint Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
