using System.Buffers;
using System.Text;
using System.Text.Json;
using static CnnEngine.Serialization.Quoting;
using static CnnEngine.Serialization.SafetensorsHeader;

namespace CnnEngine.Serialization;

/// <summary>
/// Makes the header of a file: the metadata sorted by key, then the tensors in the order given, so that the same network gives
/// the same bytes. The reference implementation sorts tensors by name but reads them in any order.
/// </summary>
internal static class SafetensorsHeaderWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The header's bytes, padded so that the data after them is aligned.</summary>
    /// <param name="tensors">The tensors in the order of their data.</param>
    /// <param name="metadata">Texts by key.</param>
    /// <param name="checksum">SHA-256 of the data in hexadecimal, which takes the place of any in <paramref name="metadata"/>.</param>
    /// <exception cref="ArgumentException">
    /// A name occurs twice or is <c>__metadata__</c>, a text is not Unicode or null, or the header is over the format's limit.
    /// </exception>
    public static ReadOnlyMemory<byte> Write(
        IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata, string checksum)
    {
        SortedDictionary<string, string> sorted = new(metadata.ToDictionary(), StringComparer.Ordinal) { [ChecksumKey] = checksum };
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, sorted);
            WriteTensors(json, tensors);
            json.WriteEndObject();
        }

        int padding = (Alignment - ((PrefixLength + buffer.WrittenCount) % Alignment)) % Alignment;
        buffer.GetSpan(Alignment)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        if (buffer.WrittenCount > MaxLength)
            throw new ArgumentException($"the header has {buffer.WrittenCount} bytes; the format's limit is {MaxLength}", nameof(tensors));
        return buffer.WrittenMemory;
    }

    private static void WriteMetadata(Utf8JsonWriter json, SortedDictionary<string, string> metadata)
    {
        json.WriteStartObject(MetadataKey);
        foreach ((string key, string value) in metadata)
        {
            RequireUnicode(key, "metadata key");
            RequireUnicode(value, $"value of the metadata {Quote(key)}");
            json.WriteString(key, value);
        }
        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, IReadOnlyList<NamedTensor> tensors)
    {
        HashSet<string> names = [];
        long begin = 0;
        foreach ((string name, Tensor tensor) in tensors)
        {
            RequireUnicode(name, "tensor name");
            if (tensor.Length == 0)
                throw new ArgumentException($"tensor {Quote(name)} is empty; it must be made from a shape", nameof(tensors));
            if (name == MetadataKey) throw new ArgumentException($"the tensor name {Quote(name)} is kept for metadata", nameof(tensors));
            if (!names.Add(name)) throw new ArgumentException($"the tensor name {Quote(name)} occurs twice", nameof(tensors));
            long end = begin + SafetensorsEntry.ByteCountOf(tensor.Shape);
            json.WriteStartObject(name);
            json.WriteString(TypeField, Float32);
            json.WriteStartArray(ShapeField);
            foreach (int extent in tensor.Shape.ToArray()) json.WriteNumberValue(extent);
            json.WriteEndArray();
            json.WriteStartArray(OffsetsField);
            json.WriteNumberValue(begin);
            json.WriteNumberValue(end);
            json.WriteEndArray();
            json.WriteEndObject();
            begin = end;
        }
    }

    // Half a surrogate pair has no UTF-8; written as a replacement character it would come back as another name.
    private static void RequireUnicode(string? text, string what)
    {
        try
        {
            StrictUtf8.GetByteCount(text ?? throw new ArgumentException($"a {what} is null"));
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"a {what} is not Unicode: it has half of a surrogate pair at character {error.Index}", error);
        }
    }
}
