using System.Globalization;

namespace CnnEngine.Runs;

/// <summary>A training's folder: what is where in it.</summary>
/// <param name="path">The folder.</param>
public sealed class RunFolder(string path)
{
    private const string LockName = ".lock";

    // As files that are written beside their place are called; a killed process may leave one.
    private const string Unfinished = ".unfinished-*.tmp";

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The configuration with everything in it that was chosen: what <c>cnn train --config</c> repeats the training from.</summary>
    public string Config => In("config.json");

    /// <summary>A JSON object for each epoch, one a line: <see cref="MetricsLine"/>.</summary>
    public string Metrics => In("metrics.jsonl");

    /// <summary>Where the training diverged; not there unless it did: <see cref="Runs.Divergence"/>.</summary>
    public string Divergence => In("divergence.json");

    /// <summary>The pictures that could not be read and were left out, a line each; not there if there are none.</summary>
    public string Skipped => In("skipped.txt");

    /// <summary>The folder of TensorBoard's event files.</summary>
    public string Events => In("events");

    /// <summary>The folder of the checkpoints.</summary>
    public string Checkpoints => In("checkpoints");

    /// <summary>The training as it was last saved: a model file with everything that is needed to go on.</summary>
    public string Last => In("checkpoints", "last.safetensors");

    /// <summary>The model file of the best epoch so far.</summary>
    public string Best => In("checkpoints", "best.safetensors");

    /// <summary>The report.</summary>
    public string Report => In("report.html");

    /// <summary>The files that no other may take the place of.</summary>
    public IReadOnlyList<string> Kept => [Config, Metrics, Skipped, Last, Best];

    /// <summary>Whether a folder is one of a training.</summary>
    public static bool IsRun(string path) => File.Exists(new RunFolder(path).Config);

    /// <summary>Checks that it is one.</summary>
    /// <exception cref="FileNotFoundException">There is no such folder, or no training in it.</exception>
    public void RequireRun()
    {
        if (!IsRun(Path))
            throw new FileNotFoundException(
                Directory.Exists(Path) ? $"{Path}: there is no training in this folder: it has no config.json" : $"{Path}: there is no such folder");
    }

    /// <summary>Makes a folder in <paramref name="parent"/> named by time, network and data, another one for each of several that begin at once.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static RunFolder MakeNamed(string parent, string model, string data, DateTime time)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{time:yyyyMMdd-HHmmss}-{model}-{Plain(data)}");
        for (int i = 1; ; i++)
        {
            RunFolder folder = new(System.IO.Path.Combine(parent, i == 1 ? name : $"{name}-{i}"));
            if (Directory.Exists(folder.Path) || File.Exists(folder.Path)) continue;
            try
            {
                Directory.CreateDirectory(folder.Path);
                // One of several makes this file.
                new FileStream(folder.In(LockName), FileMode.CreateNew, FileAccess.Write).Dispose();
                return folder;
            }
            catch (IOException) when (File.Exists(folder.In(LockName)))
            {
                continue;
            }
            catch (Exception error) when (error is UnauthorizedAccessException or IOException)
            {
                throw folder.CannotBeMade(error);
            }
        }
    }

    /// <summary>The lines of <see cref="Metrics"/>; none before the first epoch.</summary>
    /// <exception cref="InvalidDataException">A line is something else.</exception>
    public IReadOnlyList<MetricsLine> ReadMetrics() => File.Exists(Metrics) ? MetricsLine.Read(Metrics) : [];

    /// <summary>Makes the folder for a new training and keeps others out until the result is disposed.</summary>
    /// <exception cref="IOException">There is something in it already, or it cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    internal FileStream Create()
    {
        if (IsRun(Path)) throw new IOException($"{Path}: there is a training in this folder; cnn resume goes on with it, and another one needs a folder of its own");
        if (File.Exists(Path)) throw new IOException($"{Path}: this is a file; a training needs a folder");
        if (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any(entry => !IsOurs(entry)))
            throw new IOException($"{Path}: the folder is not empty; a training needs a folder of its own");
        try
        {
            Directory.CreateDirectory(Path);
            FileStream held = Lock();
            Directory.CreateDirectory(Checkpoints);
            return held;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException && !error.Message.StartsWith(Path, StringComparison.Ordinal))
        {
            throw CannotBeMade(error);
        }
    }

    /// <summary>
    /// Keeps others from training in the folder until the result is disposed, or the process ends in whatever way, and removes what a killed
    /// process was writing.
    /// </summary>
    /// <exception cref="IOException">Another process trains in it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    internal FileStream Lock()
    {
        FileStream held;
        try
        {
            held = new FileStream(In(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (File.Exists(In(LockName)))
        {
            throw new IOException(IsLocked() ? $"{Path}: another process is training in this folder" : $"{Path}: the folder cannot be written to: {error.Message.Split(" : '")[0]}", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnauthorizedAccessException($"{Path}: the folder may not be written to", error);
        }
        foreach (string folder in (ReadOnlySpan<string>)[Path, Checkpoints])
            if (Directory.Exists(folder))
                foreach (string file in Directory.EnumerateFiles(folder, Unfinished))
                    File.Delete(file);
        return held;
    }

    private Exception CannotBeMade(Exception error)
    {
        string message = $"{Path}: the folder cannot be made or written to: {error.Message.Split(" : '")[0]}";
        return error is IOException ? new IOException(message, error) : new UnauthorizedAccessException(message, error);
    }

    // A disk that is read-only refuses writers as another process does, but not readers.
    private bool IsLocked()
    {
        try
        {
            new FileStream(In(LockName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static bool IsOurs(string entry) =>
        System.IO.Path.GetFileName(entry) is var name
        && (name is LockName or "skipped.txt" || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(Unfinished, name)
            || (name == "checkpoints" && Directory.Exists(entry) && !Directory.EnumerateFileSystemEntries(entry).Any()));

    // What a file system, a shell and a web page take as it is.
    private static string Plain(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '-'));

    private string In(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);
}
