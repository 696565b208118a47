using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace CnnEngine.Tests.Data;

/// <summary>An empty folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cnnengine-").FullName;

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string[] Names() => [.. Directory.GetFiles(Path).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Makes the content of IDX files, right and wrong.</summary>
internal static class Idx
{
    public const uint ImagesMagic = 0x803, LabelsMagic = 0x801;

    public static byte[] File(uint magic, uint[] extents, byte[] data)
    {
        byte[] content = new byte[4 + (4 * extents.Length) + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(content, magic);
        for (int i = 0; i < extents.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(4 + (4 * i)), extents[i]);
        data.CopyTo(content, 4 + (4 * extents.Length));
        return content;
    }

    public static byte[] Images(int count, int height, int width, int seed = 1)
    {
        byte[] pixels = new byte[count * height * width];
        new Random(seed).NextBytes(pixels);
        return File(ImagesMagic, [(uint)count, (uint)height, (uint)width], pixels);
    }

    public static byte[] Labels(params byte[] labels) => File(LabelsMagic, [(uint)labels.Length], labels);

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Optimal)) stream.Write(content);
        return packed.ToArray();
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>Writes the four files of a set of five images to train with and three to test with, 4 high and 6 wide.</summary>
    public static void WriteSet(TemporaryFolder folder, int seed = 1)
    {
        folder.Write("train-images-idx3-ubyte.gz", Gzip(Images(5, 4, 6, seed)));
        folder.Write("train-labels-idx1-ubyte.gz", Gzip(Labels(0, 1, 2, 9, 4)));
        folder.Write("t10k-images-idx3-ubyte.gz", Gzip(Images(3, 4, 6, seed + 1)));
        folder.Write("t10k-labels-idx1-ubyte.gz", Gzip(Labels(7, 8, 9)));
    }
}

/// <summary>A test that needs the real MNIST: it runs where MNIST_DIR names its folder.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MnistFactAttribute : FactAttribute
{
    public MnistFactAttribute()
    {
        if (string.IsNullOrEmpty(Directory)) Skip = "MNIST_DIR is not set";
    }

    public static string? Directory => Environment.GetEnvironmentVariable("MNIST_DIR");
}

/// <summary>A test that needs Fashion-MNIST: it runs where Debian's package dataset-fashion-mnist is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FashionMnistFactAttribute : FactAttribute
{
    public const string Directory = "/usr/share/datasets/fashion-mnist";

    public FashionMnistFactAttribute()
    {
        if (!System.IO.Directory.Exists(Directory)) Skip = "the package dataset-fashion-mnist is not installed";
    }
}
