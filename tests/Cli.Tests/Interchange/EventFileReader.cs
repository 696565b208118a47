using System.Buffers.Binary;
using System.Text;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>One field of a protobuf message as it lies in the bytes: a number, or bytes, which may be a message again.</summary>
internal sealed record WireField(int Number, ulong Value, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public double Double => BitConverter.UInt64BitsToDouble(Value);

    public float Float => BitConverter.UInt32BitsToSingle((uint)Value);

    public IReadOnlyList<WireField> Message => WireMessage.Read(Bytes);

    /// <summary>Packed doubles.</summary>
    public double[] Doubles => [.. Enumerable.Range(0, Bytes.Length / 8).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(Bytes.AsSpan(8 * i)))];
}

/// <summary>Reads protobuf's wire format by hand, without the classes that wrote it.</summary>
internal static class WireMessage
{
    public static IReadOnlyList<WireField> Read(ReadOnlySpan<byte> bytes)
    {
        List<WireField> fields = [];
        while (!bytes.IsEmpty)
        {
            ulong key = Varint(ref bytes);
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0: fields.Add(new WireField(number, Varint(ref bytes), [])); break;
                case 1: fields.Add(new WireField(number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref bytes, 8)), [])); break;
                case 2: fields.Add(new WireField(number, 0, Take(ref bytes, (int)Varint(ref bytes)).ToArray())); break;
                case 5: fields.Add(new WireField(number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, 4)), [])); break;
                default: throw new InvalidDataException($"field {number} has the wire type {key & 7}");
            }
        }
        return fields;
    }

    public static WireField Field(this IReadOnlyList<WireField> message, int number) => message.Single(field => field.Number == number);

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        ReadOnlySpan<byte> taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte one = Take(ref bytes, 1)[0];
            value |= (ulong)(one & 127) << shift;
            if (one < 128) return value;
        }
    }
}

/// <summary>Reads the frames of event files, with a CRC-32C of its own, bit by bit from the polynomial.</summary>
internal static class EventFileReader
{
    private const uint Polynomial = 0x82f63b78; // Castagnoli's, reflected

    /// <summary>The curves of a folder as TensorBoard shows them: files in the order of their names, each of which may void what is from a step on.</summary>
    /// <returns>Numbers by tag and step, each of which may be there once.</returns>
    public static SortedDictionary<(string Tag, ulong Step), float> Curves(string folder)
    {
        SortedDictionary<(string Tag, ulong Step), float> curves = [];
        foreach (string path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            foreach (IReadOnlyList<WireField> one in Read(path, isCut: true))
            {
                ulong step = one.FirstOrDefault(field => field.Number == 2)?.Value ?? 0;
                if (one.Any(field => field.Number == 7)) // SessionLog
                    foreach ((string, ulong) late in curves.Keys.Where(key => key.Step >= step).ToArray()) curves.Remove(late);
                foreach (WireField summary in one.Where(field => field.Number == 5))
                    foreach (WireField value in summary.Message)
                        if (value.Message.FirstOrDefault(field => field.Number == 2) is { } number) curves.Add((value.Message.Field(1).Text, step), number.Float);
            }
        return curves;
    }

    /// <summary>The events of a file, all of whose checksums are right.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isCut">Whether the last event may be half of one, as a killed process leaves it.</param>
    public static IReadOnlyList<WireField>[] Read(string path, bool isCut = false)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        List<IReadOnlyList<WireField>> events = [];
        for (int at = 0; at < file.Length;)
        {
            if (isCut && (file.Length - at < 12 || file.Length - at - 16 < (long)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)))) break;
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(MaskedCrc(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            ReadOnlySpan<byte> data = file.AsSpan(at + 12, length);
            Assert.Equal(MaskedCrc(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            events.Add(WireMessage.Read(data));
            at += 16 + length;
        }
        return [.. events];
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
