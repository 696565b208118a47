namespace CnnEngine.Programs;

/// <summary>Finds out before any work is done whether files can be read and results can be written.</summary>
internal static class PathCheck
{
    /// <summary>Refuses a path where no file is.</summary>
    /// <exception cref="IOException">It is such a path; the message names the option.</exception>
    public static void RequireFile(string option, string path)
    {
        RefuseFolder(option, path);
        if (!File.Exists(path)) throw new FileNotFoundException($"{option} {path}: there is no such file");
    }

    /// <summary>Refuses a path that is a folder's, or whose folder is not there.</summary>
    /// <exception cref="IOException">It is such a path; the message names the option.</exception>
    public static void RequireFolderOf(string option, string path)
    {
        RefuseFolder(option, path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{option} {path}: the folder {folder} does not exist");
    }

    /// <summary>Refuses a path in whose folder no file can be made, by making one and removing it.</summary>
    /// <exception cref="IOException">No file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be made there, or the one that is there must not be replaced.</exception>
    public static void RequireReplaceable(string option, string path)
    {
        RequireFolderOf(option, path);
        if (File.Exists(path) && (File.GetAttributes(path) & FileAttributes.ReadOnly) != 0)
            throw new UnauthorizedAccessException($"{option} {path}: the file is read-only");
        string trial = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".weights-{Path.GetRandomFileName()}.tmp");
        try
        {
            new FileStream(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnauthorizedAccessException($"{option} {path}: no file may be made in its folder", error);
        }
        catch (IOException error)
        {
            // The system's message goes on with the trial's name.
            throw new IOException($"{option} {path}: no file can be made in its folder: {error.Message.Split(" : '")[0]}", error);
        }
    }

    /// <summary>Whether two paths name one file.</summary>
    public static bool IsSameFile(string path, string? other) => other is not null && Path.GetFullPath(path) == Path.GetFullPath(other);

    private static void RefuseFolder(string option, string path)
    {
        if (Directory.Exists(path)) throw new IOException($"{option} {path}: this is a folder; a file's name is needed");
    }
}
