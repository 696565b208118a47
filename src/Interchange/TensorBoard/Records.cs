using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace CnnEngine.Interchange.TensorBoard;

/// <summary>
/// TFRecord's frames: eight bytes of length and their checksum, the data and its checksum. Checksums are CRC-32C (RFC 3720, appendix B.4),
/// turned by 15 bits and shifted by a constant, so that a checksum of bytes that hold checksums is still one.
/// </summary>
internal static class Records
{
    private const int HeaderLength = sizeof(ulong) + sizeof(uint);

    public static byte[] Frame(IMessage message)
    {
        int length = message.CalculateSize();
        byte[] record = new byte[HeaderLength + length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Mask(Crc32C(record.AsSpan(0, sizeof(ulong)))));
        Span<byte> data = record.AsSpan(HeaderLength, length);
        message.WriteTo(data);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeaderLength + length), Mask(Crc32C(data)));
        return record;
    }

    public static uint Mask(uint checksum) => BitOperations.RotateRight(checksum, 15) + 0xa282ead8;

    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte one in bytes) checksum = BitOperations.Crc32C(checksum, one);
        return ~checksum;
    }
}
