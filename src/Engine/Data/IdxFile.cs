using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CnnEngine.Data;

/// <summary>
/// A file of bytes in the IDX format, which MNIST and its relatives come in: a magic number (two zero bytes, the type 0x08 for
/// unsigned bytes, the number of dimensions), one 32-bit extent for each dimension, big-endian all of them, then the bytes in
/// row-major order. Described at the foot of http://yann.lecun.com/exdb/mnist/. This reader is the project's own because no
/// maintained package for the format could be had. Raw and gzip files are told apart by their content. A header is not believed
/// before the file's size bears it out, so that a damaged or hostile file costs one error and no memory.
/// </summary>
public sealed class IdxFile
{
    /// <summary>The most bytes of data that a file may have, 2³⁰: more is taken for a damaged header.</summary>
    public const int MaxLength = 1 << 30;

    private const uint UnsignedBytes = 0x0800;

    private IdxFile(string path, Shape shape, byte[] data)
    {
        Path = path;
        Shape = shape;
        Data = data;
    }

    /// <summary>Where it was read from.</summary>
    public string Path { get; }

    /// <summary>Its extents: <c>N×H×W</c> for images, <c>N</c> for labels.</summary>
    public Shape Shape { get; }

    /// <summary>The bytes in row-major order; not a copy.</summary>
    public byte[] Data { get; }

    /// <summary>Reads a file of grey images (magic number 0x00000803), <c>N×H×W</c> pixels.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not what it should be; the message says what is wrong with it.</exception>
    public static IdxFile ReadImages(string path) => Read(path, rank: 3);

    /// <summary>Reads a file of labels (magic number 0x00000801), <c>N</c> of them.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not what it should be; the message says what is wrong with it.</exception>
    public static IdxFile ReadLabels(string path) => Read(path, rank: 1);

    /// <summary>The SHA-256 sum of the whole file when unpacked, in lower-case hexadecimal digits.</summary>
    internal string Sha256()
    {
        Span<byte> header = stackalloc byte[HeaderLength(Shape.Rank)];
        BinaryPrimitives.WriteUInt32BigEndian(header, UnsignedBytes | (uint)Shape.Rank);
        for (int i = 0; i < Shape.Rank; i++) BinaryPrimitives.WriteInt32BigEndian(header[(4 + (4 * i))..], Shape[i]);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        hash.AppendData(Data);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IdxFile Read(string path, int rank)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using UnpackedFile file = new(path);
        Shape shape = ReadHeader(file, rank);
        int headerLength = HeaderLength(rank);
        long length = headerLength + (long)shape.Length;
        if (!file.IsGzip && file.StoredLength != length)
            throw new InvalidDataException($"{path}: has {file.StoredLength} bytes; its header says {shape}, which makes {length}");
        if (length > file.MostContent)
            throw new InvalidDataException(
                $"{path}: its header says {shape}, which makes {length} bytes; "
                + $"its {file.StoredLength} bytes of gzip can hold {file.MostContent} at most");

        byte[] data = GC.AllocateUninitializedArray<byte>(shape.Length);
        int read = file.Read(data);
        if (read < data.Length)
            throw new InvalidDataException(
                $"{path}: the gzip stream is cut short: {headerLength + read} bytes when unpacked; "
                + $"its header says {shape}, which makes {length}");
        file.CheckEnd(length);
        return new IdxFile(path, shape, data);
    }

    private static Shape ReadHeader(UnpackedFile file, int rank)
    {
        Span<byte> header = stackalloc byte[HeaderLength(rank)];
        int read = file.Read(header);
        if (read < 4)
            throw new InvalidDataException($"{file.Path}: has {read} bytes of content; an IDX file has a header of {header.Length}");
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint expected = UnsignedBytes | (uint)rank;
        if (magic != expected)
            throw new InvalidDataException(
                $"{file.Path}: its magic number is 0x{magic:x8}; a file of {(rank == 1 ? "labels" : "images")} has 0x{expected:x8}");
        if (read < header.Length)
            throw new InvalidDataException($"{file.Path}: has {read} bytes of content; its header alone has {header.Length}");

        Span<int> extents = stackalloc int[rank];
        long length = 1;
        for (int i = 0; i < rank; i++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + (4 * i))..]);
            if (extent == 0 || (length *= extent) > MaxLength)
                throw new InvalidDataException(
                    $"{file.Path}: dimension {i} is {extent}; each must be at least 1, and their product at most {MaxLength}");
            extents[i] = (int)extent;
        }
        return new Shape(extents);
    }

    private static int HeaderLength(int rank) => 4 + (4 * rank);
}
