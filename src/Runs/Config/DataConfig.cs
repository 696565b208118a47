using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Runs;

/// <summary>Which kind of data.</summary>
public enum DataKind
{
    /// <summary>MNIST's four IDX files, or others of the same names.</summary>
    Mnist,

    /// <summary>Fashion-MNIST's.</summary>
    FashionMnist,

    /// <summary>CIFAR-10's binary files.</summary>
    Cifar10,

    /// <summary>Digits that the program draws.</summary>
    Synthetic,

    /// <summary>Coloured shapes that the program draws.</summary>
    Shapes,

    /// <summary>A folder with a sub-folder of pictures for each class.</summary>
    Folder,

    /// <summary>A CSV file with a picture's path and its label in each line.</summary>
    Csv,
}

/// <summary>What is learnt from and measured by.</summary>
public sealed record DataConfig
{
    /// <summary>Which kind of data.</summary>
    public DataKind Kind { get; init; } = DataKind.Synthetic;

    /// <summary>The folder or file; null for the kind's usual place.</summary>
    public string? Path { get; init; }

    /// <summary>A folder or file of further pictures to test on after training; null for none, or the kind's own.</summary>
    public string? Test { get; init; }

    /// <summary>
    /// The share of the images that are not learnt from but measured by after each epoch; null for the kind's default: none where there are test
    /// images, which are measured by in that case, and otherwise a tenth.
    /// </summary>
    public double? Validation { get; init; }

    /// <summary>Height and width of the images that pictures become; null for the pictures' own if all have the same, or ones that suit them.</summary>
    public int[]? Size { get; init; }

    /// <summary>1 for grey, 3 for colours; null for the pictures' own.</summary>
    public int? Channels { get; init; }

    /// <summary>What becomes of the proportions of pictures of another size.</summary>
    public ResizeMode Resize { get; init; }

    /// <summary>What happens to pictures that cannot be read.</summary>
    public BadImages BadImages { get; init; }

    /// <summary>How many images the program draws to learn from, or how many of the data's are taken, the first ones; null for all.</summary>
    public int? Images { get; init; }

    /// <summary>How many images the program draws to test on, or how many of the data's are taken; null for all.</summary>
    public int? TestImages { get; init; }

    /// <summary>Settings of data as people name it: a kind, or a path whose kind shows.</summary>
    /// <exception cref="IOException">It is no kind, and nothing is there.</exception>
    public static JsonObject SettingsOf(string text)
    {
        foreach (DataKind kind in (DataKind[])[DataKind.Mnist, DataKind.FashionMnist, DataKind.Cifar10, DataKind.Synthetic, DataKind.Shapes])
            if (text == ConfigReader.Word(kind)) return new JsonObject { ["kind"] = text };
        // The run may be resumed from elsewhere.
        string path = System.IO.Path.GetFullPath(text);
        DataKind found = File.Exists(path) ? DataKind.Csv : Directory.Exists(path) ? KindOf(path) : throw new DirectoryNotFoundException(
            $"data {text}: there is no such folder or file, and no such data set; there are mnist, fashion-mnist, cifar10, synthetic and shapes");
        return new JsonObject { ["kind"] = ConfigReader.Word(found), ["path"] = path };
    }

    private static DataKind KindOf(string folder)
    {
        if (MnistFile.All.All(file => file.Find(folder) is not null)) return DataKind.Mnist;
        string[] cifar = [System.IO.Path.Combine(folder, "test_batch.bin"), System.IO.Path.Combine(folder, "cifar-10-batches-bin", "test_batch.bin")];
        return cifar.Any(File.Exists) ? DataKind.Cifar10 : DataKind.Folder;
    }
}
