using CnnEngine.Data;

namespace CnnEngine.Runs;

/// <summary>
/// Data sets that have a name: those that the program draws, and those of the literature, whose files are looked for in the folder that the
/// configuration names, then in that of an environment variable, then in the user's cache folder.
/// </summary>
internal static class ReadyMadeSets
{
    /// <summary>Reads or draws one.</summary>
    /// <returns>The images, and the folder that they are from; null for drawn ones.</returns>
    /// <exception cref="ConfigurationException">What is asked for cannot be.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="IOException">The files are not there or cannot be read.</exception>
    public static (TrainTest Sets, string? Folder) Load(DataConfig config)
    {
        if (config.IsDrawn) return (Draw(config), null);
        if ((config.Images ?? config.TestImages) is { } count) throw new ConfigurationException($"data {ConfigReader.Word(config.Kind)}: the number of images is {count}, but only those of synthetic and shapes are drawn");
        string folder = Path.GetFullPath(FolderOf(config));
        return (config.Kind == DataKind.Cifar10 ? Cifar10.Load(folder) : Mnist.Load(folder), folder);
    }

    private static TrainTest Draw(DataConfig config)
    {
        try
        {
            return config.Kind == DataKind.Synthetic
                ? SyntheticDigits.Generate(1, config.Images ?? 60_000, config.TestImages ?? 10_000)
                : SyntheticShapes.Generate(1, config.Images ?? 50_000, config.TestImages ?? 10_000);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw new ConfigurationException($"data {ConfigReader.Word(config.Kind)}: {ConfigReader.Message(error)}", error);
        }
    }

    private static string FolderOf(DataConfig config)
    {
        (string variable, string advice) = config.Kind switch
        {
            DataKind.Mnist => (DataLocator.Variable, "--download fetches it; or put its four files"),
            DataKind.FashionMnist => ("FASHION_MNIST_DIR", "put its four files, from https://github.com/zalandoresearch/fashion-mnist,"),
            _ => ("CIFAR_DIR", "unpack its binary version, from https://www.cs.toronto.edu/~kriz/cifar.html,"),
        };
        if (config.Path is { } path) return path;
        string name = ConfigReader.Word(config.Kind);
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
            return Directory.Exists(named) ? named : throw new DirectoryNotFoundException($"data {name}: {variable} is {named}, which is no folder; it must name the one with its files, or be unset");
        string cache = DataLocator.CacheOf(name);
        if (config.Kind == DataKind.Cifar10 ? Cifar10.IsIn(cache) : MnistFile.All.All(file => file.Find(cache) is not null)) return cache;
        throw new DirectoryNotFoundException($"data {name}: it is not on this machine; {advice} into {cache}, or name their folder in {variable} or in place of the word {name}");
    }
}
