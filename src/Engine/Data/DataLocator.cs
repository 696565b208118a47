namespace CnnEngine.Data;

/// <summary>Data together with where it came from.</summary>
/// <param name="Sets">The images to train and to test with.</param>
/// <param name="Origin">Where they came from, in words that go on from "data: ".</param>
/// <param name="Advice">How to get the real MNIST, where these are synthetic digits; otherwise null.</param>
public sealed record LocatedData(TrainTest Sets, string Origin, string? Advice);

/// <summary>
/// Finds MNIST where it usually is. The first of these counts: the folder that was asked for; the folder that the environment
/// variable <c>MNIST_DIR</c> names, if it is set and not empty; the user's cache folder, into which it is downloaded first if
/// that was asked for. Where none of them has it, digits drawn by the program stand in. A folder that was named but is not right
/// is an error, never a reason to look elsewhere.
/// </summary>
public sealed class DataLocator
{
    /// <summary>The environment variable that names the folder with MNIST's four files.</summary>
    public const string Variable = "MNIST_DIR";

    private const string Name = "mnist";

    private readonly Func<string, string?> _environment;
    private readonly MnistDownloader _downloader;
    private readonly Func<TrainTest> _synthetic;

    /// <summary>Makes a locator that goes by this process's environment.</summary>
    public DataLocator()
        : this(Environment.GetEnvironmentVariable, new MnistDownloader(), () => SyntheticDigits.Generate())
    {
    }

    internal DataLocator(Func<string, string?> environment, MnistDownloader downloader, Func<TrainTest> synthetic)
    {
        _environment = environment;
        _downloader = downloader;
        _synthetic = synthetic;
        CacheDirectory = Path.Combine(CacheRoot(environment), "cnnengine", Name);
    }

    /// <summary>
    /// Where downloads are kept: <c>cnnengine/mnist</c> in <c>$XDG_CACHE_HOME</c> if that is set, otherwise in <c>~/.cache</c>, on
    /// macOS in <c>~/Library/Caches</c>, on Windows in <c>%LOCALAPPDATA%</c>.
    /// </summary>
    public string CacheDirectory { get; }

    /// <summary>Finds the data and reads it.</summary>
    /// <param name="directory">The folder to read, or null to look in the usual places.</param>
    /// <param name="download">Whether to download what the cache folder does not have, once it comes to that.</param>
    /// <param name="progress">Told how the download goes.</param>
    /// <param name="cancellation">Ends the download.</param>
    /// <exception cref="DirectoryNotFoundException">The folder that was named is not there.</exception>
    /// <exception cref="FileNotFoundException">One of its files is not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or does not fit the others.</exception>
    /// <exception cref="IOException">The download failed.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled.</exception>
    public async Task<LocatedData> LocateAsync(
        string? directory = null,
        bool download = false,
        IProgress<DownloadProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        if (directory is not null) return Load(directory, "");
        if (_environment(Variable) is { Length: > 0 } named)
        {
            if (!Directory.Exists(named))
                throw new DirectoryNotFoundException(
                    $"{Variable} is {named}, which is no folder; it must name the one with MNIST's four files, or be unset");
            return Load(named, $" ({Variable})");
        }
        if (download) await _downloader.DownloadAsync(CacheDirectory, progress, cancellation).ConfigureAwait(false);
        if (download || MnistFile.All.All(file => file.Find(CacheDirectory) is not null)) return Load(CacheDirectory, " (cache)");
        return new LocatedData(
            _synthetic(),
            "digits drawn by the program",
            $"for the real MNIST, ask for the download, put its four files into {CacheDirectory} or name their folder in {Variable}");
    }

    /// <summary>The folder beside <see cref="CacheDirectory"/> in which another data set is looked for.</summary>
    internal static string CacheOf(string name) => Path.Combine(CacheRoot(Environment.GetEnvironmentVariable), "cnnengine", name);

    private static LocatedData Load(string directory, string why)
    {
        TrainTest sets = Mnist.Load(directory);
        return new LocatedData(sets, $"{Path.GetFullPath(directory)}{why}", Advice: null);
    }

    private static string CacheRoot(Func<string, string?> environment)
    {
        // The XDG base directory specification: a path that is not absolute is to be ignored.
        if (environment("XDG_CACHE_HOME") is { } cache && Path.IsPathFullyQualified(cache)) return cache;
        if (OperatingSystem.IsWindows()) return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }
}
