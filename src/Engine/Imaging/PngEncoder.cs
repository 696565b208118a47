using System.Buffers.Binary;
using System.IO.Compression;

namespace CnnEngine.Imaging;

/// <summary>Writes 8-bit PNG files, grey or RGB, all rows filtered by Paeth's predictor.</summary>
internal static class PngEncoder
{
    public static byte[] Encode(Picture picture)
    {
        using MemoryStream file = new();
        file.Write(PngChunk.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        header[8] = 8; // bits
        header[9] = (byte)(picture.Channels == 1 ? PngDecoder.Grey : PngDecoder.Rgb);
        header[10..].Clear(); // deflate, adaptive filters, not interlaced
        PngChunk.Write(file, "IHDR"u8, header);
        PngChunk.Write(file, "IDAT"u8, Compress(picture));
        PngChunk.Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(Picture picture)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            int channels = picture.Channels, stride = picture.Width * channels;
            byte[] filtered = new byte[1 + stride];
            filtered[0] = PngFilter.Paeth;
            byte[] above = new byte[stride];
            for (int row = 0; row < picture.Height; row++)
            {
                ReadOnlySpan<byte> bytes = picture.Bytes.Slice(row * stride, stride);
                for (int i = 0; i < stride; i++)
                {
                    byte left = i < channels ? (byte)0 : bytes[i - channels], aboveLeft = i < channels ? (byte)0 : above[i - channels];
                    filtered[1 + i] = (byte)(bytes[i] - PngFilter.Nearest(left, above[i], aboveLeft));
                }
                zlib.Write(filtered);
                bytes.CopyTo(above);
            }
        }
        return packed.ToArray();
    }
}
