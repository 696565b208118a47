using System.Buffers.Binary;
using System.Security.Cryptography;
using static CnnEngine.Serialization.Quoting;
using static CnnEngine.Serialization.SafetensorsHeader;

namespace CnnEngine.Serialization;

/// <summary>
/// Tensors in a file of the safetensors format (github.com/huggingface/safetensors), float32 and little-endian. A file is
/// written whole or not at all; a file that is read is checked from the first byte to the last before it can be used. One
/// thread at a time may use an open file.
/// </summary>
/// <example><code>
/// SafetensorsFile.Write("lenet.safetensors", [new("conv1.weight", weight), new("conv1.bias", bias)]);
/// using SafetensorsFile file = SafetensorsFile.Open("lenet.safetensors");
/// file.ReadAllInto([new("conv1.weight", weight), new("conv1.bias", bias)]);
/// </code></example>
public sealed class SafetensorsFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _entriesByName;

    private SafetensorsFile(string path, FileStream stream, bool headerAlone, Predicate<string>? isIgnored)
    {
        _path = path;
        _stream = stream;
        (_dataStart, SafetensorsHeader header) = ReadHeader(isIgnored);
        Entries = [.. header.Entries.Where(entry => !entry.IsIgnored)];
        Metadata = header.Metadata;
        _entriesByName = Entries.ToDictionary(entry => entry.Name);
        if (!headerAlone) CheckData();
    }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The file's texts by key; the checksum of the data is under <c>sha256</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Writes tensors into a file, which then replaces any there was; when this fails, the old file is as before. The same
    /// tensors and metadata give the same bytes. SHA-256 of the data goes into the metadata under <c>sha256</c>.
    /// </summary>
    /// <param name="path">The file to make or to replace; its folder must exist.</param>
    /// <param name="tensors">The tensors, in the order in which the file will have them; names must differ.</param>
    /// <param name="metadata">Texts to keep with them, by key. A <c>sha256</c> among them is replaced by the data's own.</param>
    /// <exception cref="ArgumentException">
    /// A name occurs twice, is <c>__metadata__</c>, or is not Unicode, a text is null, or the header would exceed 100 MB.
    /// </exception>
    /// <exception cref="IOException">The path is a folder's, its folder does not exist, or writing failed, as on a full disk.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is read-only, or the folder may not be written to.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedTensor item in tensors) TensorBytes.ForEachBlock(item.Tensor, block => hash.AppendData(block));
        string checksum = Convert.ToHexStringLower(hash.GetHashAndReset());
        ReadOnlyMemory<byte> header = SafetensorsHeaderWriter.Write(tensors, metadata ?? new Dictionary<string, string>(), checksum);

        AtomicFile.Write(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[PrefixLength];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
            stream.Write(prefix);
            stream.Write(header.Span);
            foreach (NamedTensor item in tensors) TensorBytes.ForEachBlock(item.Tensor, block => stream.Write(block));
        });
    }

    /// <summary>
    /// Opens a file and checks it: the header against every rule of the format and against the file's length, all before
    /// memory is taken for more than the header, and the data by reading it through, against the metadata's <c>sha256</c>
    /// where there is one. The file stays open, and locked against writers where these heed locks, until <see cref="Dispose"/>.
    /// </summary>
    /// <param name="path">The file to read, with F32 tensors of 1 to 4 dimensions.</param>
    /// <exception cref="InvalidDataException">The file is damaged, breaks the format's rules, or holds other types or ranks.</exception>
    /// <exception cref="IOException">There is no such file, the path is a folder's, or reading failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafetensorsFile Open(string path) => OpenStream(path, headerAlone: false);

    /// <summary>The same of a file of another program's: tensors that nobody wants may be of any type and shape, and are not among the entries.</summary>
    internal static SafetensorsFile OpenForeign(string path, Predicate<string> isIgnored) => OpenStream(path, headerAlone: false, isIgnored);

    /// <summary>The same without a look at the data, for what the header says.</summary>
    internal static SafetensorsFile OpenHeader(string path) => OpenStream(path, headerAlone: true);

    private static SafetensorsFile OpenStream(string path, bool headerAlone, Predicate<string>? isIgnored = null)
    {
        if (Directory.Exists(path)) throw new IOException($"{path}: this is a folder; a file's name is needed");
        // So is a pipe, which could be waited for without end.
        if (new FileInfo(path) is { Exists: true, Length: 0 }) throw new InvalidDataException($"{path}: the file has 0 bytes; a safetensors file has at least {PrefixLength}");
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return new SafetensorsFile(path, stream, headerAlone, isIgnored);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tensor's numbers.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <param name="destination">Where the numbers go; its shape must be the file's.</param>
    /// <exception cref="InvalidDataException">The file has no such tensor, or has it with another shape.</exception>
    /// <exception cref="IOException">Reading failed; the destination may have been written in part.</exception>
    public void ReadInto(string name, Tensor destination)
    {
        if (!_entriesByName.TryGetValue(name, out SafetensorsEntry? entry)) throw Error($"there is no tensor {Quote(name)}");
        CheckShape(entry, destination.Shape);
        Read(entry, destination);
    }

    /// <summary>
    /// Reads all the file's tensors, or none: the first number is written when names and shapes are known to agree. The data
    /// itself has been read through and checked by <see cref="Open"/>.
    /// </summary>
    /// <param name="destinations">A tensor for each of the file's, in any order, with its name and shape.</param>
    /// <param name="isUnused">Which of the file's tensors need no destination; none if left out.</param>
    /// <exception cref="ArgumentException">A name occurs twice among the destinations.</exception>
    /// <exception cref="InvalidDataException">Tensors are missing in the file or among the destinations, or shapes differ.</exception>
    /// <exception cref="IOException">The disk failed since <see cref="Open"/>; destinations may have been written in part.</exception>
    public void ReadAllInto(IReadOnlyList<NamedTensor> destinations, Predicate<string>? isUnused = null)
    {
        HashSet<string> names = [];
        foreach (NamedTensor item in destinations)
            if (!names.Add(item.Name))
                throw new ArgumentException($"the tensor name {Quote(item.Name)} occurs twice", nameof(destinations));

        Check([.. destinations.Select(item => (item.Name, item.Tensor.Shape))], isUnused);
        foreach ((string name, Tensor destination) in destinations) Read(_entriesByName[name], destination);
    }

    /// <summary>Checks that the file's tensors are those of a network.</summary>
    /// <param name="wanted">Names, which differ, and shapes.</param>
    /// <param name="isUnused">Which of the file's tensors are to be passed over; none if left out.</param>
    /// <exception cref="InvalidDataException">Tensors are missing in the file or among those wanted, or shapes differ.</exception>
    internal void Check(IReadOnlyList<(string Name, Shape Shape)> wanted, Predicate<string>? isUnused)
    {
        HashSet<string> names = [.. wanted.Select(item => item.Name)];
        string[] missing = [.. names.Where(name => !_entriesByName.ContainsKey(name))];
        string[] unexpected = [.. Entries.Select(entry => entry.Name).Where(name => !names.Contains(name) && isUnused?.Invoke(name) != true)];
        if (missing.Length > 0 && unexpected.Length > 0)
            throw Error($"the file lacks the network's {QuoteSome(missing)}, and the network lacks the file's {QuoteSome(unexpected)}");
        if (missing.Length > 0) throw Error($"the file lacks the network's {QuoteSome(missing)}");
        if (unexpected.Length > 0) throw Error($"the network lacks the file's {QuoteSome(unexpected)}");
        foreach ((string name, Shape shape) in wanted) CheckShape(_entriesByName[name], shape);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private (long DataStart, SafetensorsHeader Header) ReadHeader(Predicate<string>? isIgnored)
    {
        if (!_stream.CanSeek) throw Error("this is a pipe or a device; a file is needed");
        long fileLength = _stream.Length;
        if (fileLength < PrefixLength) throw Error($"the file has {fileLength} bytes; a safetensors file has at least {PrefixLength}");
        Span<byte> prefix = stackalloc byte[PrefixLength];
        ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaxLength) throw Error($"the header's length is {headerLength}; the format's limit is {MaxLength}");
        long dataLength = fileLength - PrefixLength - (long)headerLength;
        if (dataLength < 0) throw Error($"the header's length is {headerLength}, but only {fileLength - PrefixLength} bytes follow");
        byte[] header = new byte[headerLength];
        ReadExactly(header);
        return (PrefixLength + (long)headerLength, SafetensorsHeaderReader.Read(_path, header, dataLength, isIgnored));
    }

    // Without a checksum the data is read all the same: a disk that fails does so here, before a destination is written.
    private void CheckData()
    {
        string actual = Convert.ToHexStringLower(SHA256.HashData(_stream));
        if (Metadata.TryGetValue(ChecksumKey, out string? expected) && !actual.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw Error($"the data is damaged: its SHA-256 is {actual}, the metadata's {ChecksumKey} is {Quote(expected)}");
    }

    private void CheckShape(SafetensorsEntry entry, Shape shape)
    {
        if (entry.Shape != shape) throw Error($"tensor {Quote(entry.Name)} has shape {entry.Shape}, the network's is {shape}");
    }

    private void Read(SafetensorsEntry entry, Tensor destination)
    {
        _stream.Position = _dataStart + entry.Begin;
        TensorBytes.ForEachBlock(destination, block => ReadExactly(block));
    }

    private void ReadExactly(Span<byte> bytes)
    {
        try
        {
            _stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException($"{_path}: the file was cut short while it was being read", error);
        }
    }

    private InvalidDataException Error(string what) => new($"{_path}: {what}");
}
