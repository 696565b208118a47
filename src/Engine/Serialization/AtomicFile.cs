namespace CnnEngine.Serialization;

/// <summary>
/// Writes a file whole or not at all: into a temporary file beside it, to disk, then renamed over it. Whenever the process is killed or
/// the power fails, the file is the old one or the new one. What a killed process left beside it, the next one to write there takes away.
/// </summary>
internal static class AtomicFile
{
    private const string TemporaryPrefix = ".unfinished-";
    private const string TemporarySuffix = ".tmp";

    // A writer holds a lock on its temporary file, but for an instant after it has made it.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromSeconds(10);

    /// <summary>Writes the file at <paramref name="path"/>; until the last moment a file that was there stays as it was.</summary>
    /// <param name="path">The file to make or to replace; its folder must exist.</param>
    /// <param name="write">Writes the content. Whatever it throws is thrown on, and the temporary file removed.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is read-only, or the folder may not be written to.</exception>
    /// <exception cref="IOException">The path is a folder's, or writing failed, as on a full disk.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target)) throw new IOException($"{path}: this is a folder; a file's name is needed");
        string folder = Path.GetDirectoryName(target)!; // only a root has none, and a root is a folder
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{path}: the folder {folder} does not exist");
        // Renaming asks only for the folder's permission on Unix; a protected file is refused everywhere alike.
        if (File.Exists(target) && (File.GetAttributes(target) & FileAttributes.ReadOnly) != 0)
            throw new UnauthorizedAccessException($"{path}: the file is read-only");

        // The name does not grow with the target's, whose length may be at the file system's limit.
        string temporary = Path.Combine(folder, TemporaryPrefix + Path.GetRandomFileName() + TemporarySuffix);
        try
        {
            RemoveLeftovers(folder);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception error)
        {
            TryDelete(temporary);
            // The system's message names the temporary file, which says nothing to the caller.
            if (error is UnauthorizedAccessException)
                throw new UnauthorizedAccessException($"{path}: the file cannot be written: {error.Message}", error);
            if (error is IOException)
                throw new IOException($"{path}: the file cannot be written: {error.Message.Split(" : '")[0]}", error);
            if (IsTooLarge(error)) throw new IOException($"{path}: the file cannot be written: it is larger than a file may be here", error);
            throw;
        }
    }

    /// <summary>Whether a file grew beyond what the file system, or the user's limit, allows: what the runtime makes of EFBIG.</summary>
    public static bool IsTooLarge(Exception error) => error is ArgumentOutOfRangeException { ParamName: "value", Source: "System.Private.CoreLib" };

    /// <summary>Deletes what processes have left that were killed while they wrote into this folder.</summary>
    private static void RemoveLeftovers(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, $"{TemporaryPrefix}*{TemporarySuffix}"))
        {
            try
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < LeftoverAge) continue;
                // Opens only if no writer has it open.
                using FileStream leftover = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete);
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A living writer's, or gone by now. One file too many is no reason not to write this one.
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }
}
