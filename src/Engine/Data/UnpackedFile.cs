using System.Buffers.Binary;
using System.IO.Compression;

namespace CnnEngine.Data;

/// <summary>
/// Reads a file's content, whether it is stored as it is or with gzip (RFC 1952), which its first two bytes tell; a name ending in
/// <c>.gz</c> says nothing, because browsers and servers unpack files without renaming them.
/// </summary>
internal sealed class UnpackedFile : IDisposable
{
    // What deflate can expand a byte to at most: 258 bytes coded in two bits (zlib's own documentation: 1032 to 1).
    private const long MaxExpansion = 1032;

    private readonly FileStream _file;
    private readonly Stream _content;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public UnpackedFile(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file", path);
        Path = path;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        Span<byte> magic = stackalloc byte[2];
        IsGzip = RandomAccess.Read(_file.SafeFileHandle, magic, 0) == 2 && magic is [0x1f, 0x8b];
        _content = IsGzip ? new GZipStream(_file, CompressionMode.Decompress) : _file;
    }

    public string Path { get; }

    public bool IsGzip { get; }

    /// <summary>How many bytes the file takes as it is stored.</summary>
    public long StoredLength => _file.Length;

    /// <summary>The most bytes its content can have, known before any of it is read.</summary>
    public long MostContent => IsGzip ? StoredLength * MaxExpansion : StoredLength;

    /// <summary>Reads until the buffer is full or the content ends.</summary>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="InvalidDataException">The gzip stream is damaged.</exception>
    public int Read(Span<byte> buffer)
    {
        try
        {
            return _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{Path}: the gzip stream is damaged; the file must be copied or downloaded again", exception);
        }
    }

    /// <summary>Checks that the content ends here and that nothing follows it in the file.</summary>
    /// <param name="length">How many bytes of content were read.</param>
    /// <exception cref="InvalidDataException">There is more content, or the gzip stream is not the whole file.</exception>
    public void CheckEnd(long length)
    {
        Span<byte> next = stackalloc byte[1];
        if (Read(next) != 0)
            throw new InvalidDataException(
                $"{Path}: has more than the {length} bytes it should have{(IsGzip ? " when unpacked" : $"; it has {StoredLength}")}");
        if (!IsGzip) return;
        // GZipStream neither misses a trailer that was cut off nor minds bytes behind it. A gzip file ends with its content's length.
        Span<byte> trailer = stackalloc byte[4];
        RandomAccess.Read(_file.SafeFileHandle, trailer, Math.Max(0, StoredLength - 4));
        uint recorded = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        if (recorded != (uint)length)
            throw new InvalidDataException(
                $"{Path}: the gzip stream is cut short or has bytes behind it; "
                + $"its last 4 bytes must be the content's length, {length}, and are {recorded}");
    }

    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }
}
