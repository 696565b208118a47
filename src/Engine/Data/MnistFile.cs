using System.Security.Cryptography;

namespace CnnEngine.Data;

/// <summary>One of the four files that MNIST comes in, and that sets made in its likeness come in too.</summary>
/// <param name="Name">Its name without <c>.gz</c>.</param>
/// <param name="Length">How many bytes MNIST's own has when unpacked.</param>
/// <param name="Sha256">The SHA-256 sum of MNIST's own when unpacked, in lower-case hexadecimal digits.</param>
internal sealed record MnistFile(string Name, long Length, string Sha256)
{
    public static MnistFile TrainImages { get; } = new(
        "train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");

    public static MnistFile TrainLabels { get; } = new(
        "train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");

    public static MnistFile TestImages { get; } = new(
        "t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");

    public static MnistFile TestLabels { get; } = new(
        "t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");

    public static IReadOnlyList<MnistFile> All { get; } = [TrainImages, TrainLabels, TestImages, TestLabels];

    /// <summary>The name it is downloaded and kept under, the first that <see cref="Find"/> looks for.</summary>
    public string PackedName => Name + ".gz";

    // Some archives unpack to names with a dot, as in train-images.idx3-ubyte.
    private string DottedName => Name.Replace("-idx", ".idx", StringComparison.Ordinal);

    /// <summary>The path of the file in a folder, under whichever of its names it is there; null if under none.</summary>
    public string? Find(string directory)
    {
        foreach (string name in (ReadOnlySpan<string>)[PackedName, Name, DottedName + ".gz", DottedName])
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path)) return path;
        }
        return null;
    }

    /// <summary>The path of the file in a folder.</summary>
    /// <exception cref="FileNotFoundException">It is there under none of its names.</exception>
    public string Locate(string directory) => Find(directory) ?? throw new FileNotFoundException(
        $"{Path.Combine(directory, PackedName)}: no such file, nor {Name}, {DottedName}.gz or {DottedName} in that folder",
        Path.Combine(directory, PackedName));

    /// <summary>Checks that a file is MNIST's own, without holding it in memory.</summary>
    /// <exception cref="InvalidDataException">It is not, or it is damaged.</exception>
    public void Verify(string path)
    {
        using UnpackedFile file = new(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 16];
        long length = 0;
        while (length <= Length && file.Read(block) is var read and > 0)
        {
            hash.AppendData(block, 0, read);
            length += read;
        }
        if (length != Length)
            throw new InvalidDataException(
                $"{path}: has {(length > Length ? "more than" : "only")} {Math.Min(length, Length)} bytes when unpacked; "
                + $"{Name} has {Length}");
        string sum = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (sum != Sha256)
            throw new InvalidDataException($"{path}: its SHA-256 is {sum} when unpacked; that of {Name} is {Sha256}");
        file.CheckEnd(length);
    }
}
