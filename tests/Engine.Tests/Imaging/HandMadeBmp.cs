using System.Buffers.Binary;

namespace CnnEngine.Tests.Imaging;

/// <summary>BMP files put together field by field, to be damaged at will.</summary>
internal static class HandMadeBmp
{
    /// <param name="pixels">Rows as the file has them, each of a multiple of four bytes.</param>
    /// <param name="palette">Blue, green, red and a byte for each colour; three bytes in a file with a core header.</param>
    public static byte[] File(
        int width, int height, int bits, byte[] pixels, byte[]? palette = null, int headerLength = 40, uint compression = 0, uint colours = 0, byte[]? masks = null)
    {
        palette ??= [];
        masks ??= [];
        byte[] headers = new byte[14 + headerLength];
        Span<byte> h = headers;
        (h[0], h[1]) = ((byte)'B', (byte)'M');
        BinaryPrimitives.WriteInt32LittleEndian(h[2..], headers.Length + masks.Length + palette.Length + pixels.Length);
        BinaryPrimitives.WriteInt32LittleEndian(h[10..], headers.Length + masks.Length + palette.Length);
        BinaryPrimitives.WriteInt32LittleEndian(h[14..], headerLength);
        if (headerLength == 12)
        {
            BinaryPrimitives.WriteInt16LittleEndian(h[18..], (short)width);
            BinaryPrimitives.WriteInt16LittleEndian(h[20..], (short)height);
            (h[22], h[24]) = (1, (byte)bits);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(h[18..], width);
            BinaryPrimitives.WriteInt32LittleEndian(h[22..], height);
            (h[26], h[28]) = (1, (byte)bits);
            BinaryPrimitives.WriteUInt32LittleEndian(h[30..], compression);
            BinaryPrimitives.WriteUInt32LittleEndian(h[46..], colours);
        }
        return [.. headers, .. masks, .. palette, .. pixels];
    }
}
