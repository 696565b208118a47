using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using static CnnEngine.Serialization.Quoting;
using static CnnEngine.Serialization.SafetensorsHeader;

namespace CnnEngine.Serialization;

/// <summary>
/// Reads a header token by token, trusting nothing in it: memory grows with the bytes that are there, never with a number
/// that they spell. Stricter than the reference implementation in that only F32, 1 to 4 dimensions and no further fields pass.
/// </summary>
internal ref struct SafetensorsHeaderReader
{
    private const int MaxDepth = 3; // header, tensor, its shape
    private const string Fields = $"{TypeField}, {ShapeField} and {OffsetsField}";

    private readonly string _path;
    private readonly long _dataLength;
    private readonly Predicate<string>? _isIgnored;
    private Utf8JsonReader _json;

    private SafetensorsHeaderReader(string path, ReadOnlySpan<byte> header, long dataLength, Predicate<string>? isIgnored)
    {
        _path = path;
        _dataLength = dataLength;
        _isIgnored = isIgnored;
        _json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Reads and checks a whole header.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="header">The header's bytes with their padding.</param>
    /// <param name="dataLength">How many bytes follow the header.</param>
    /// <param name="isIgnored">Which tensors may have any type and shape, because nobody wants them; none if left out.</param>
    /// <exception cref="InvalidDataException">The header breaks a rule of the format, or does not fit the data.</exception>
    public static SafetensorsHeader Read(string path, ReadOnlySpan<byte> header, long dataLength, Predicate<string>? isIgnored = null)
    {
        if (header.IsEmpty || header[0] != '{') throw new InvalidDataException($"{path}: the header does not begin with {{");
        if (!Utf8.IsValid(header)) throw new InvalidDataException($"{path}: the header is not UTF-8");
        try
        {
            return new SafetensorsHeaderReader(path, header, dataLength, isIgnored).ReadHeader();
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: the header is not JSON as the format has it: {error.Message}", error);
        }
    }

    private SafetensorsHeader ReadHeader()
    {
        List<SafetensorsEntry> entries = [];
        Dictionary<string, string>? metadata = null;
        HashSet<string> names = [];
        _json.Read();
        while (NextProperty(out string name))
        {
            if (!names.Add(name)) throw Error($"the name {Quote(name)} occurs twice");
            if (name == MetadataKey) metadata = ReadMetadata();
            else entries.Add(ReadEntry(name));
        }
        _json.Read(); // throws when anything but white space follows
        return Covering(_path, entries, metadata ?? [], _dataLength);
    }

    private Dictionary<string, string> ReadMetadata()
    {
        Dictionary<string, string> metadata = [];
        if (_json.TokenType != JsonTokenType.StartObject) throw Error($"{MetadataKey} is {Token()}; it must be an object");
        while (NextProperty(out string key))
        {
            if (_json.TokenType != JsonTokenType.String) throw Error($"metadata {Quote(key)} is {Token()}; it must be a text");
            if (!metadata.TryAdd(key, Text())) throw Error($"metadata {Quote(key)} occurs twice");
        }
        return metadata;
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        if (_json.TokenType != JsonTokenType.StartObject) throw Error($"tensor {Quote(name)} is {Token()}; it must be an object");
        bool isIgnored = _isIgnored?.Invoke(name) == true;
        string? type = null;
        Shape? shape = null;
        (long Begin, long End)? offsets = null;
        while (NextProperty(out string field))
        {
            if (field == TypeField && type is null) type = ReadType(name, isIgnored);
            else if (field == ShapeField && shape is null) shape = isIgnored ? SkipShape(name) : ReadShape(name);
            else if (field == OffsetsField && offsets is null) offsets = ReadOffsets(name);
            else throw Error($"tensor {Quote(name)} has a second or unknown field {Quote(field)}; the fields are {Fields}, once each");
        }
        if (type is null || shape is null || offsets is null)
            throw Error($"tensor {Quote(name)} has no {(type is null ? TypeField : shape is null ? ShapeField : OffsetsField)}");

        (long begin, long end) = offsets.Value;
        SafetensorsEntry entry = isIgnored
            ? new(name, default) { Begin = begin, ByteCount = end - begin, IsIgnored = true }
            : new(name, shape.Value) { Begin = begin };
        if (entry.ByteCount < 0) throw Error($"tensor {Quote(name)} has {OffsetsField} [{begin},{end}], which end before they begin");
        if (end - begin != entry.ByteCount)
            throw Error($"tensor {Quote(name)} has {OffsetsField} [{begin},{end}], {end - begin} bytes; " +
                $"its shape {shape} needs {entry.ByteCount}");
        if (end > _dataLength)
            throw Error($"tensor {Quote(name)} ends at byte {end} of the data, the file has {_dataLength}");
        return entry;
    }

    private string ReadType(string name, bool isIgnored)
    {
        if (_json.TokenType != JsonTokenType.String) throw Error($"tensor {Quote(name)}: {TypeField} is {Token()}; it must be a text");
        string type = Text();
        return isIgnored || type == Float32 ? type : throw Error($"tensor {Quote(name)} has {TypeField} {Quote(type)}; only {Float32} can be read");
    }

    private Shape ReadShape(string name)
    {
        Span<long> numbers = stackalloc long[Shape.MaxRank];
        Span<int> extents = stackalloc int[Shape.MaxRank];
        int rank = ReadNumbers(name, ShapeField, numbers);
        if (rank == 0) throw Error($"tensor {Quote(name)} has shape [], a scalar's; 1 to {Shape.MaxRank} dimensions can be read");
        long length = 1;
        for (int i = 0; i < rank; i++)
        {
            if (numbers[i] == 0) throw Error($"tensor {Quote(name)}: dimension {i} is 0; it must be at least 1");
            // Both factors are below 2³¹, so that the product cannot overflow before it is compared.
            if (numbers[i] > int.MaxValue || (length *= numbers[i]) > int.MaxValue)
                throw Error($"tensor {Quote(name)} has shape {string.Join('×', numbers[..rank].ToArray())}, more than 2³¹−1 elements");
            extents[i] = (int)numbers[i];
        }
        return new Shape(extents[..rank]);
    }

    private Shape SkipShape(string name)
    {
        ReadNumbers(name, ShapeField, stackalloc long[64]);
        return default;
    }

    private (long Begin, long End) ReadOffsets(string name)
    {
        Span<long> numbers = stackalloc long[2];
        int count = ReadNumbers(name, OffsetsField, numbers);
        return count == 2
            ? (numbers[0], numbers[1])
            : throw Error($"tensor {Quote(name)}: {OffsetsField} has length {count}; it must be 2");
    }

    private int ReadNumbers(string name, string field, scoped Span<long> numbers)
    {
        if (_json.TokenType != JsonTokenType.StartArray) throw Error($"tensor {Quote(name)}: {field} is {Token()}; it must be an array");
        int count = 0;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (count == numbers.Length) throw Error($"tensor {Quote(name)}: {field} is longer than {count}, the most that can be read");
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out long number) || number < 0)
                throw Error($"tensor {Quote(name)}: {field} contains {Token()}; its numbers are whole, from 0 to 2⁶³−1");
            numbers[count++] = number;
        }
        return count;
    }

    /// <summary>Moves on to the next property's value, or past the end of the object.</summary>
    private bool NextProperty(out string name)
    {
        _json.Read();
        name = "";
        if (_json.TokenType == JsonTokenType.EndObject) return false;
        name = Text();
        _json.Read();
        return true;
    }

    private readonly string Text()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            // The bytes are UTF-8 by now; what remains is half of a surrogate pair, escaped.
            throw new InvalidDataException($"{_path}: the header has a text that is not Unicode: {error.Message}", error);
        }
    }

    private readonly string Token() => _json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => Quote(Text()),
        _ => Quote(Encoding.UTF8.GetString(_json.ValueSpan)).Trim('"'),
    };

    private readonly InvalidDataException Error(string what) => new($"{_path}: {what}");
}
