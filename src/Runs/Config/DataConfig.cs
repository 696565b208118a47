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

    /// <summary>Picture files: a folder with a sub-folder for each class, such folders under <c>train</c> and <c>val</c>, or a CSV file of <c>file,label</c>.</summary>
    Files,
}

/// <summary>What happens to pictures that cannot be read.</summary>
public enum BadImages
{
    /// <summary>The first one ends the training before it begins.</summary>
    Refuse,

    /// <summary>They are left out, and named.</summary>
    Skip,
}

/// <summary>What is learnt from and measured by.</summary>
public sealed record DataConfig
{
    private static readonly DataKind[] Named = [DataKind.Mnist, DataKind.FashionMnist, DataKind.Cifar10, DataKind.Synthetic, DataKind.Shapes];

    /// <summary>Which kind of data.</summary>
    public DataKind Kind { get; init; } = DataKind.Synthetic;

    /// <summary>The folder or file; null for the kind's usual place.</summary>
    public string? Path { get; init; }

    /// <summary>
    /// The share of the images that are not learnt from but measured by after each epoch; null for a tenth of pictures that are not parted
    /// themselves, and for none of data sets with test images, which are measured by then. With 0 and no other images nothing is measured.
    /// </summary>
    public double? Validation { get; init; }

    /// <summary>A folder or file of pictures to measure by after each epoch; null to take them from the others, or from where they are parted themselves.</summary>
    public string? ValidationPath { get; init; }

    /// <summary>A folder or file of pictures to test the best epoch's network on; null for none.</summary>
    public string? TestPath { get; init; }

    /// <summary>Height and width that pictures are brought to; null for their own, if it is small and the same, or else for what suits the network.</summary>
    public int[]? Size { get; init; }

    /// <summary>1 for grey, 3 for colours; null for the pictures' own.</summary>
    public int? Channels { get; init; }

    /// <summary>What becomes of the proportions of pictures of another size.</summary>
    public ResizeMode Resize { get; init; }

    /// <summary>What happens to pictures that cannot be read.</summary>
    public BadImages BadImages { get; init; }

    /// <summary>How many images the program draws to learn from; null for as many as the real data set has.</summary>
    public int? Images { get; init; }

    /// <summary>How many images the program draws to measure by.</summary>
    public int? TestImages { get; init; }

    /// <summary>Whether the program draws the images itself.</summary>
    internal bool IsDrawn => Kind is DataKind.Synthetic or DataKind.Shapes;

    /// <summary>Settings of data as people name it: a kind, or a path whose kind shows.</summary>
    /// <exception cref="IOException">It is no kind, and nothing is there.</exception>
    public static JsonObject SettingsOf(string text)
    {
        if (Named.Any(kind => text == ConfigReader.Word(kind))) return new JsonObject { ["kind"] = text };
        // The run may be resumed from elsewhere.
        string path = System.IO.Path.GetFullPath(text);
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new DirectoryNotFoundException(
                $"data {text}: there is no such folder or file, nor a data set of that name; there are {string.Join(", ", Named.Select(ConfigReader.Word))}");
        return new JsonObject { ["kind"] = ConfigReader.Word(KindOf(path)), ["path"] = path };
    }

    /// <summary>Makes a configuration of such settings.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value not possible.</exception>
    public static DataConfig Parse(JsonObject settings, string source = "data") => ConfigReader.Read(settings, RunJson.Default.DataConfig, source);

    private static DataKind KindOf(string path) =>
        MnistFile.All.Any(file => file.Find(path) is not null) ? DataKind.Mnist : Cifar10.IsIn(path) ? DataKind.Cifar10 : DataKind.Files;
}
