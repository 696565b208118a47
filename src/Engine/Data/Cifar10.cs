namespace CnnEngine.Data;

/// <summary>
/// Reads CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009: 50,000 and 10,000 colour images of ten
/// kinds of things, 3×32×32) from its binary version: files of records, each a byte with the label and 3,072 bytes of red, green and
/// blue planes. A file is not believed before its size bears it out.
/// </summary>
public static class Cifar10
{
    private const int ImageLength = 3 * 32 * 32;
    private const int RecordLength = 1 + ImageLength;
    private const string Folder = "cifar-10-batches-bin";

    // More is taken for some other file.
    private const int MostRecords = 1_000_000_000 / RecordLength;

    private static readonly string[] TrainFiles = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];
    private static readonly string[] TestFiles = ["test_batch.bin"];

    /// <summary>What the classes are called, by their labels.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>
    /// Reads both sets from a folder with the files <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>, or
    /// from the folder <c>cifar-10-batches-bin</c> in it, which the archive unpacks to. Both are normalised by the means and the
    /// deviations of the training images' channels.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static TrainTest Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException($"{directory}: no such folder; it must hold {string.Join(", ", TrainFiles.Concat(TestFiles))}");
        string inner = Path.Combine(directory, Folder);
        if (!File.Exists(Path.Combine(directory, TestFiles[0])) && Directory.Exists(inner)) directory = inner;
        // All are looked for before the first is read.
        foreach (string file in TrainFiles.Concat(TestFiles))
            if (!File.Exists(Path.Combine(directory, file)))
                throw new FileNotFoundException($"{Path.Combine(directory, file)}: no such file; CIFAR-10's binary version has it", Path.Combine(directory, file));
        (byte[] pixels, byte[] labels) = Read(directory, TrainFiles);
        (byte[] testPixels, byte[] testLabels) = Read(directory, TestFiles);
        Shape shape = new(3, 32, 32);
        Normalization normalization = Normalization.Measure(pixels, shape);
        return new TrainTest(
            new ByteImages("cifar-10", shape, pixels, labels, ClassNames.Count, normalization, ClassNames),
            new ByteImages("cifar-10", shape, testPixels, testLabels, ClassNames.Count, normalization, ClassNames));
    }

    /// <summary>Whether a folder, or the archive's folder in it, has one of the files.</summary>
    internal static bool IsIn(string directory) =>
        TrainFiles.Concat(TestFiles).Any(file => File.Exists(Path.Combine(directory, file)) || File.Exists(Path.Combine(directory, Folder, file)));

    private static (byte[] Pixels, byte[] Labels) Read(string directory, string[] files)
    {
        string[] paths = [.. files.Select(file => Path.Combine(directory, file))];
        int[] counts = Array.ConvertAll(paths, Count);
        byte[] labels = new byte[counts.Sum()], pixels = GC.AllocateUninitializedArray<byte>(labels.Length * ImageLength);
        byte[] record = new byte[RecordLength];
        int image = 0;
        for (int file = 0; file < paths.Length; file++)
        {
            using FileStream stream = new(paths[file], FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            for (int i = 0; i < counts[file]; i++, image++)
            {
                if (stream.ReadAtLeast(record, RecordLength, throwOnEndOfStream: false) < RecordLength)
                    throw new InvalidDataException($"{paths[file]}: ends in record {i} of {counts[file]}; something has cut it short");
                if (record[0] >= ClassNames.Count)
                    throw new InvalidDataException($"{paths[file]}: label {i} is {record[0]}; labels must be 0..{ClassNames.Count - 1}");
                labels[image] = record[0];
                record.AsSpan(1).CopyTo(pixels.AsSpan(image * ImageLength));
            }
        }
        return (pixels, labels);
    }

    private static int Count(string path)
    {
        long length = new FileInfo(path).Length, records = length / RecordLength;
        if (records is < 1 or > MostRecords / 5 || records * RecordLength != length)
            throw new InvalidDataException($"{path}: has {length} bytes; a file of images has {RecordLength} for each (CIFAR-10's: 10,000 of them)");
        return (int)records;
    }
}
