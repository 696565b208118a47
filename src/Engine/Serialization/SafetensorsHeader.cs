namespace CnnEngine.Serialization;

/// <summary>
/// The JSON header of a safetensors file and what goes by its rules. The format is the reference implementation's
/// (github.com/huggingface/safetensors): 8 bytes with the header's length, little-endian; the header, an object from tensor
/// names to <c>dtype</c>, <c>shape</c> and <c>data_offsets</c> and from <c>__metadata__</c> to texts by name, padded with
/// spaces; the data section, every byte of which belongs to exactly one tensor.
/// </summary>
/// <param name="Entries">The tensors in the order of their data.</param>
/// <param name="Metadata">The texts under <c>__metadata__</c>; none when the file has no such key.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The bytes that hold the header's length.</summary>
    public const int PrefixLength = sizeof(ulong);

    /// <summary>The reference implementation's limit on a header, in bytes.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The header is padded so that the data begins at a multiple of this.</summary>
    public const int Alignment = 8;

    public const string MetadataKey = "__metadata__";
    public const string ChecksumKey = "sha256";
    public const string TypeField = "dtype";
    public const string ShapeField = "shape";
    public const string OffsetsField = "data_offsets";
    public const string Float32 = "F32";

    /// <summary>
    /// Puts the tensors in the order of their data and checks that they fill it: one begins where the other ends, the first at
    /// 0, the last to the end. A file thus hides no bytes, and no tensor sees another's.
    /// </summary>
    /// <exception cref="InvalidDataException">Two tensors overlap, or bytes belong to none.</exception>
    public static SafetensorsHeader Covering(
        string path, List<SafetensorsEntry> entries, Dictionary<string, string> metadata, long dataLength)
    {
        entries.Sort((left, right) => left.Begin.CompareTo(right.Begin));
        long end = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Begin != end)
            {
                string fault = entry.Begin < end ? "within the tensor before it, which ends" : "after a hole; the tensors before it end";
                throw new InvalidDataException(
                    $"{path}: tensor {Quoting.Quote(entry.Name)} begins at byte {entry.Begin} of the data, {fault} at {end}");
            }
            end += entry.ByteCount;
        }
        if (end != dataLength)
            throw new InvalidDataException($"{path}: the tensors end at byte {end} of the data, the file has {dataLength}");
        return new SafetensorsHeader(entries, metadata);
    }
}
