using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace CnnEngine.Imaging;

/// <summary>
/// Reads PNG files of up to 8 bits a channel that are not interlaced: grey, RGB, palettes, and with transparency, which is ignored. Every
/// chunk's checksum is checked, and memory for pixels is taken only when the compressed bytes can hold them.
/// </summary>
internal ref struct PngDecoder
{
    public const byte Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, RgbAlpha = 6;
    public const byte PaethFilter = 4;

    // What deflate can expand a byte to at most (zlib's own documentation: 1032 to 1).
    private const long MaxExpansion = 1032;

    private int _width, _height, _bits, _colours;
    private ReadOnlySpan<byte> _palette;
    private MemoryStream? _packed;

    public static Picture Decode(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(PngChunk.Signature)) throw new InvalidDataException("begins like a PNG file, but its signature is damaged");
        PngDecoder decoder = default;
        decoder.ReadChunks(file[PngChunk.Signature.Length..]);
        return decoder.Unpack();
    }

    /// <summary>Channels of a pixel in the file.</summary>
    private readonly int Samples => _colours switch { GreyAlpha => 2, Rgb => 3, RgbAlpha => 4, _ => 1 };

    /// <summary>Bytes of a row, the last one perhaps not full.</summary>
    private readonly int Stride => (int)((((long)_width * Samples * _bits) + 7) / 8);

    private void ReadChunks(ReadOnlySpan<byte> rest)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            if (rest.Length < 12) throw new InvalidDataException("the file is cut short: its last chunk, IEND, is missing");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            string type = Name(rest.Slice(4, 4));
            if (length > rest.Length - 12) throw new InvalidDataException($"the chunk {type} has {length} bytes, it says; {rest.Length - 12} are left in the file");
            ReadOnlySpan<byte> data = rest.Slice(8, (int)length);
            if (BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + (int)length)..]) != PngChunk.Crc(rest.Slice(4, 4 + (int)length)))
                throw new InvalidDataException($"the chunk {type} is damaged: its checksum is wrong");
            if (isFirst != (type == "IHDR")) throw new InvalidDataException($"the chunk {type} is out of place: IHDR must be the first, and the only one");
            rest = rest[(12 + (int)length)..];
            switch (type)
            {
                case "IHDR": ReadHeader(data); break;
                case "PLTE": ReadPalette(data); break;
                case "IDAT": (_packed ??= new MemoryStream()).Write(data); break;
                case "IEND": return;
                default:
                    if (char.IsAsciiLetterUpper(type[0])) throw new InvalidDataException($"needs the chunk {type} to be understood, which is not");
                    break;
            }
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> data)
    {
        if (data.Length != 13) throw new InvalidDataException($"its header has {data.Length} bytes; it must have 13");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width == 0 || height == 0 || (ulong)width * height > Picture.MaxPixels)
            throw new InvalidDataException($"its header says {width}×{height}; 1 to {Picture.MaxPixels} pixels are read");
        (_width, _height, _bits, _colours) = ((int)width, (int)height, data[8], data[9]);
        bool isKnown = _colours switch
        {
            Grey => _bits is 1 or 2 or 4 or 8 or 16,
            Palette => _bits is 1 or 2 or 4 or 8,
            Rgb or GreyAlpha or RgbAlpha => _bits is 8 or 16,
            _ => false,
        };
        if (!isKnown || data[10] != 0 || data[11] != 0 || data[12] > 1)
            throw new InvalidDataException($"its header is none of PNG: {_bits} bits, colour type {_colours}, compression {data[10]}, filters {data[11]}, interlacing {data[12]}");
        if (_bits == 16) throw new InvalidDataException("has 16 bits a channel; save it with 8");
        if (data[12] != 0) throw new InvalidDataException("is interlaced; save it without interlacing");
    }

    private void ReadPalette(ReadOnlySpan<byte> data)
    {
        if (data.Length is 0 or > 768 || data.Length % 3 != 0) throw new InvalidDataException($"its palette has {data.Length} bytes; it must have 3 for each of 1 to 256 colours");
        _palette = data;
    }

    private readonly Picture Unpack()
    {
        if (_packed is null) throw new InvalidDataException("has no pixels: the chunk IDAT is missing");
        if (_colours == Palette && _palette.IsEmpty) throw new InvalidDataException("has no palette: the chunk PLTE is missing");
        int stride = Stride, pixel = Math.Max(1, Samples * _bits / 8), channels = _colours is Grey or GreyAlpha ? 1 : 3;
        long length = (long)_height * (1 + stride);
        if (length > _packed.Length * MaxExpansion)
            throw new InvalidDataException($"its header says {_width}×{_height}, which makes {length} bytes; its {_packed.Length} compressed bytes can hold {_packed.Length * MaxExpansion} at most");
        _packed.Position = 0;
        byte[] picture = new byte[_width * _height * channels], row = new byte[1 + stride], above = new byte[1 + stride];
        using ZLibStream zlib = new(_packed, CompressionMode.Decompress);
        for (int i = 0; i < _height; i++)
        {
            if (Read(zlib, row) < row.Length) throw new InvalidDataException($"its pixels end in row {i} of {_height}");
            Unfilter(row, above, pixel);
            Expand(row.AsSpan(1), picture.AsSpan(i * _width * channels, _width * channels));
            (row, above) = (above, row);
        }
        // Reading to the end is what checks the stream's own checksum.
        if (Read(zlib, row.AsSpan(0, 1)) != 0) throw new InvalidDataException($"has more pixels than the {_width}×{_height} that its header says");
        return new Picture(_width, _height, channels, picture);
    }

    private static int Read(ZLibStream zlib, Span<byte> buffer)
    {
        try
        {
            return zlib.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException("its compressed pixels are damaged", error);
        }
    }

    /// <summary>Undoes a row's filter; the first byte says which.</summary>
    private static void Unfilter(Span<byte> row, ReadOnlySpan<byte> above, int pixel)
    {
        int filter = row[0];
        if (filter > PaethFilter) throw new InvalidDataException($"a row has filter {filter}; there are 0 to 4");
        for (int i = 1; i < row.Length; i++)
        {
            byte left = i <= pixel ? (byte)0 : row[i - pixel], aboveLeft = i <= pixel ? (byte)0 : above[i - pixel];
            row[i] += filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (byte)((left + above[i]) / 2),
                _ => PngChunk.Paeth(left, above[i], aboveLeft),
            };
        }
    }

    /// <summary>Makes a row of the file one of the picture: 8 bits a channel, without palette and transparency.</summary>
    private readonly void Expand(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        int most = (1 << _bits) - 1;
        for (int i = 0; i < _width; i++)
            switch (_colours)
            {
                case Rgb or RgbAlpha:
                    row.Slice(i * Samples, 3).CopyTo(pixels[(3 * i)..]);
                    break;
                case GreyAlpha:
                    pixels[i] = row[2 * i];
                    break;
                default:
                    int sample = (row[i * _bits / 8] >> (8 - _bits - (i * _bits % 8))) & most;
                    if (_colours == Grey) pixels[i] = (byte)(sample * byte.MaxValue / most);
                    else if (3 * sample < _palette.Length) _palette.Slice(3 * sample, 3).CopyTo(pixels[(3 * i)..]);
                    else throw new InvalidDataException($"a pixel has colour {sample}; its palette has {_palette.Length / 3}");
                    break;
            }
    }

    /// <summary>A chunk's type, or its bytes in hexadecimal digits if they are no letters.</summary>
    private static string Name(ReadOnlySpan<byte> type)
    {
        foreach (byte letter in type)
            if (!char.IsAsciiLetter((char)letter)) return $"0x{Convert.ToHexStringLower(type)}";
        return Encoding.ASCII.GetString(type);
    }
}
