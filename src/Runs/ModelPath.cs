namespace CnnEngine.Runs;

/// <summary>Where a network lies that a user names by a file or by a run.</summary>
public static class ModelPath
{
    /// <summary>The model file of a path: the file itself, or of a run's folder its best network, or the last one before the first epoch is over.</summary>
    /// <exception cref="IOException">There is no such file, or nothing has been saved in the run yet.</exception>
    public static string Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (RunFolder.IsRun(path))
        {
            RunFolder run = new(path);
            return File.Exists(run.Best) ? run.Best
                : File.Exists(run.Last) ? run.Last
                : throw new FileNotFoundException($"{path}: no network has been saved in this run yet; cnn resume goes on with it");
        }
        if (Directory.Exists(path)) throw new IOException($"{path}: this is no run's folder; it has no config.json");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path}: there is no such file or run");
    }
}
