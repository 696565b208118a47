namespace CnnEngine.Data;

/// <summary>
/// Reads MNIST (LeCun, Cortes, Burges: 60,000 and 10,000 grey images of handwritten digits, 28×28) from its four IDX files, and
/// every set of ten classes that comes in files of the same names, such as Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017).
/// </summary>
public static class Mnist
{
    /// <summary>How many classes there are.</summary>
    public const int Classes = 10;

    private const string FashionName = "fashion-mnist";

    // A set is told by the SHA-256 sums of its unpacked train labels, test images and test labels: the train images would take six
    // times as long to add up as the rest, and a set with other train images has other test images too.
    private static readonly (string Name, string[] Sums)[] Known =
    [
        ("mnist", [MnistFile.TrainLabels.Sha256, MnistFile.TestImages.Sha256, MnistFile.TestLabels.Sha256]),
        (FashionName,
        [
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ]),
    ];

    /// <summary>What the classes of digits are called.</summary>
    internal static string[] Digits { get; } = [.. Enumerable.Range(0, Classes).Select(digit => $"{digit}")];

    private static readonly string[] Clothes = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"];

    /// <summary>
    /// Reads both sets from a folder with the files <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>,
    /// <c>t10k-images-idx3-ubyte</c> and <c>t10k-labels-idx1-ubyte</c>, each raw or gzip, with or without <c>.gz</c>; names with a
    /// dot (<c>train-images.idx3-ubyte</c>) do too. Both sets are normalised by the mean and the deviation of the training images.
    /// Their name is <c>mnist</c> or <c>fashion-mnist</c> if their content is, otherwise the folder's name;
    /// their classes are called by Fashion-MNIST's names in that case, in all others by the digits.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or does not fit the others.</exception>
    public static TrainTest Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException(
                $"{directory}: no such folder; it must hold {string.Join(", ", MnistFile.All.Select(file => file.PackedName))}");
        // All four are looked for before the first is read: that takes a moment, and reading takes a second.
        string[] paths = [.. MnistFile.All.Select(file => file.Locate(directory))];
        IdxFile trainLabels = ReadLabels(paths[1]), testLabels = ReadLabels(paths[3]);
        IdxFile testImages = IdxFile.ReadImages(paths[2]), trainImages = IdxFile.ReadImages(paths[0]);
        CheckCounts(trainImages, trainLabels);
        CheckCounts(testImages, testLabels);
        if (testImages.Shape.DropFirst() != trainImages.Shape.DropFirst())
            throw new InvalidDataException(
                $"{testImages.Path}: its images are {testImages.Shape.DropFirst()}; "
                + $"those of {trainImages.Path} are {trainImages.Shape.DropFirst()}");

        string name = Recognize(trainLabels, testImages, testLabels) ?? new DirectoryInfo(directory).Name;
        Shape imageShape = trainImages.Shape.DropFirst().Prepend(1);
        Normalization normalization = Normalization.Measure(trainImages.Data, imageShape);
        string[] classNames = name == FashionName ? Clothes : Digits;
        return new TrainTest(
            new ByteImages(name, imageShape, trainImages.Data, trainLabels.Data, Classes, normalization, classNames),
            new ByteImages(name, imageShape, testImages.Data, testLabels.Data, Classes, normalization, classNames));
    }

    private static IdxFile ReadLabels(string path)
    {
        IdxFile labels = IdxFile.ReadLabels(path);
        if (ByteImages.IndexOfWrongLabel(labels.Data, Classes) is var wrong and >= 0)
            throw new InvalidDataException($"{path}: label {wrong} is {labels.Data[wrong]}; labels must be 0..{Classes - 1}");
        return labels;
    }

    private static void CheckCounts(IdxFile images, IdxFile labels)
    {
        if (images.Shape[0] != labels.Shape[0])
            throw new InvalidDataException($"{labels.Path}: has {labels.Shape[0]} labels; {images.Path} has {images.Shape[0]} images");
    }

    private static string? Recognize(params ReadOnlySpan<IdxFile> files)
    {
        string[] sums = new string[files.Length];
        for (int i = 0; i < files.Length; i++) sums[i] = files[i].Sha256();
        return Known.FirstOrDefault(known => known.Sums.SequenceEqual(sums)).Name;
    }
}
