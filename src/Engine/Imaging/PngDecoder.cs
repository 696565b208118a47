using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace CnnEngine.Imaging;

/// <summary>
/// Reads PNG files of every kind: grey, RGB and palettes of any number of bits, of which 8 are kept, interlaced or not. Transparency is ignored;
/// palettes of greys make grey pictures. Every chunk's checksum is checked, and memory for pixels is taken only when the compressed bytes can hold them.
/// </summary>
internal ref struct PngDecoder
{
    public const byte Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, RgbAlpha = 6;

    // What deflate can expand a byte to at most (zlib's own documentation: 1032 to 1).
    private const long MaxExpansion = 1032;

    private int _width, _height, _bits, _colours;
    private bool _isInterlaced;
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

    /// <summary>Bytes of a row of so many pixels, the last one perhaps not full.</summary>
    private readonly int Stride(int width) => (int)((((long)width * Samples * _bits) + 7) / 8);

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
        Picture.RequireSize(width, height);
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
        _isInterlaced = data[12] == 1;
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
        int channels = _colours is Grey or GreyAlpha || (_colours == Palette && IsGrey(_palette)) ? 1 : 3;
        ReadOnlySpan<Pass> passes = _isInterlaced ? Pass.Adam7 : Pass.Whole;
        long length = 0;
        foreach (Pass pass in passes) length += pass.Rows(_height) * (pass.Columns(_width) == 0 ? 0L : 1 + Stride(pass.Columns(_width)));
        if (length > _packed.Length * MaxExpansion)
            throw new InvalidDataException($"its header says {_width}×{_height}, which makes {length} bytes; its {_packed.Length} compressed bytes can hold {_packed.Length * MaxExpansion} at most");
        _packed.Position = 0;
        byte[] picture = new byte[_width * _height * channels];
        using ZLibStream zlib = new(_packed, CompressionMode.Decompress);
        foreach (Pass pass in passes) Unpack(zlib, pass, picture, channels);
        // Reading to the end is what checks the stream's own checksum.
        Span<byte> next = stackalloc byte[1];
        if (Read(zlib, next) != 0) throw new InvalidDataException($"has more pixels than the {_width}×{_height} that its header says");
        return new Picture(_width, _height, channels, picture);
    }

    /// <summary>Reads the rows of a pass, which are a picture of their own, and puts their pixels into their places.</summary>
    private readonly void Unpack(ZLibStream zlib, Pass pass, Span<byte> picture, int channels)
    {
        int rows = pass.Rows(_height), columns = pass.Columns(_width);
        if (columns == 0) return;
        int stride = Stride(columns), pixel = Math.Max(1, Samples * _bits / 8);
        byte[] row = new byte[1 + stride], above = new byte[1 + stride];
        Span<byte> pixels = pass.EachColumn == 1 ? [] : new byte[columns * channels];
        for (int i = 0; i < rows; i++)
        {
            if (Read(zlib, row) < row.Length) throw new InvalidDataException($"its pixels end in row {i} of {rows}");
            PngFilter.Undo(row, above, pixel);
            Span<byte> line = picture.Slice((pass.FirstRow + (i * pass.EachRow)) * _width * channels, _width * channels);
            if (pixels.IsEmpty) Expand(row.AsSpan(1), line, channels);
            else
            {
                Expand(row.AsSpan(1), pixels, channels);
                for (int j = 0; j < columns; j++)
                    pixels.Slice(j * channels, channels).CopyTo(line[((pass.FirstColumn + (j * pass.EachColumn)) * channels)..]);
            }
            (row, above) = (above, row);
        }
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

    /// <summary>Makes a row of the file one of the picture: 8 bits a channel, without palette and transparency.</summary>
    private readonly void Expand(ReadOnlySpan<byte> row, Span<byte> pixels, int channels)
    {
        int samples = Samples;
        if (_bits == 8 && samples == channels && _colours != Palette) row.CopyTo(pixels);
        else if (_bits == 8 && _colours != Palette)
        {
            for (int from = 0, to = 0; to < pixels.Length; from += samples, to += channels) row.Slice(from, channels).CopyTo(pixels[to..]);
        }
        else if (_bits == 16)
        {
            // 65535 becomes 255, and what lies between is rounded.
            for (int from = 0, to = 0; to < pixels.Length; from += samples, to += channels)
                for (int c = 0; c < channels; c++)
                    pixels[to + c] = (byte)(((BinaryPrimitives.ReadUInt16BigEndian(row[(2 * (from + c))..]) * 255) + 32895) >> 16);
        }
        else
        {
            int most = (1 << _bits) - 1;
            for (int i = 0, to = 0; to < pixels.Length; i++, to += channels)
            {
                int sample = (row[i * _bits / 8] >> (8 - _bits - (i * _bits % 8))) & most;
                if (_colours == Grey) pixels[to] = (byte)(sample * byte.MaxValue / most);
                else if (3 * sample < _palette.Length) _palette.Slice(3 * sample, channels).CopyTo(pixels[to..]);
                else throw new InvalidDataException($"a pixel has colour {sample}; its palette has {_palette.Length / 3}");
            }
        }
    }

    private static bool IsGrey(ReadOnlySpan<byte> palette)
    {
        for (int i = 0; i < palette.Length; i += 3)
            if (palette[i] != palette[i + 1] || palette[i] != palette[i + 2]) return false;
        return true;
    }

    /// <summary>A chunk's type, or its bytes in hexadecimal digits if they are no letters.</summary>
    private static string Name(ReadOnlySpan<byte> type)
    {
        foreach (byte letter in type)
            if (!char.IsAsciiLetter((char)letter)) return $"0x{Convert.ToHexStringLower(type)}";
        return Encoding.ASCII.GetString(type);
    }

    /// <summary>Every so many-th pixel of every so many-th row.</summary>
    private readonly record struct Pass(int FirstRow, int FirstColumn, int EachRow, int EachColumn)
    {
        public static Pass[] Whole { get; } = [new(0, 0, 1, 1)];

        /// <summary>The seven of interlaced pictures (the specification's section 8.2), coarse ones first.</summary>
        public static Pass[] Adam7 { get; } =
            [new(0, 0, 8, 8), new(0, 4, 8, 8), new(4, 0, 8, 4), new(0, 2, 4, 4), new(2, 0, 4, 2), new(0, 1, 2, 2), new(1, 0, 2, 1)];

        public int Rows(int height) => (height - FirstRow + EachRow - 1) / EachRow;

        public int Columns(int width) => (width - FirstColumn + EachColumn - 1) / EachColumn;
    }
}
