using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Imaging;

/// <summary>PNG files put together chunk by chunk, with right checksums, to be damaged at will.</summary>
internal static class HandMadePng
{
    public static byte[] File(params byte[][] chunks) => [.. PngChunk.Signature, .. chunks.SelectMany(chunk => chunk)];

    public static byte[] Chunk(string type, params byte[] data)
    {
        using MemoryStream stream = new();
        PngChunk.Write(stream, Encoding.ASCII.GetBytes(type), data);
        return stream.ToArray();
    }

    public static byte[] Header(uint width, uint height, byte bits = 8, byte colours = 0, byte interlacing = 0)
    {
        byte[] data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = (bits, colours, interlacing);
        return Chunk("IHDR", data);
    }

    public static byte[] Pixels(params byte[] filteredRows) => Chunk("IDAT", Compress(filteredRows));

    public static byte[] End() => Chunk("IEND");

    public static byte[] Compress(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Rows filtered by one of the five filters, the textbook's way: from the picture, with zeros to its left and above.</summary>
    public static byte[] Filter(byte filter, byte[] bytes, int height, int pixel)
    {
        int stride = bytes.Length / height;
        List<byte> rows = [];
        for (int row = 0; row < height; row++)
        {
            rows.Add(filter);
            for (int i = 0; i < stride; i++)
            {
                int left = At(row, i - pixel), above = At(row - 1, i), aboveLeft = At(row - 1, i - pixel);
                int guess = filter switch { 0 => 0, 1 => left, 2 => above, 3 => (left + above) / 2, _ => Nearest(left, above, aboveLeft) };
                rows.Add((byte)(At(row, i) - guess));
            }
        }
        return [.. rows];

        int At(int row, int i) => row < 0 || i < 0 ? 0 : bytes[(row * stride) + i];

        static int Nearest(int left, int above, int aboveLeft) =>
            new[] { left, above, aboveLeft }.MinBy(value => Math.Abs(left + above - aboveLeft - value));
    }
}
