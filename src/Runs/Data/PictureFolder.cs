using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Runs;

/// <summary>Writes a ready-made data set as picture files, laid out as <see cref="DataKind.Files"/> are: <c>train/CLASS/00001.png</c>, <c>test/CLASS/…</c>.</summary>
public static class PictureFolder
{
    /// <summary>Writes all images of a data set; the folder is there whole or not at all.</summary>
    /// <param name="config">The data set; not picture files.</param>
    /// <param name="folder">The folder to make; it must not be there yet, unless it is empty.</param>
    /// <param name="cancellation">Asked between images.</param>
    /// <returns>How many images were written to learn from and to test by.</returns>
    /// <exception cref="ConfigurationException">The data are picture files already.</exception>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    /// <exception cref="IOException">The data is not there, the folder is not empty, or writing failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static (int Train, int Test) Write(DataConfig config, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (config.Kind == DataKind.Files) throw new ConfigurationException($"{config.Path}: these are picture files already; a ready-made data set is needed");
        if (File.Exists(folder)) throw new IOException($"{folder}: this is a file; a new folder's name is needed");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new IOException($"{folder}: the folder is not empty; a new one's name is needed");
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), temporary = $"{target}.unfinished";
        (ByteImages train, ByteImages test) = ReadyMadeSets.Load(config).Sets;
        // What another one is writing, or a killed one left, is not for this one to remove.
        if (Directory.Exists(temporary)) throw new IOException($"{temporary}: this folder, in which pictures are written first, is there already; it must be removed");
        try
        {
            WritePart(train, Path.Combine(temporary, "train"), cancellation);
            WritePart(test, Path.Combine(temporary, "test"), cancellation);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(temporary, target);
        }
        catch (IOException error)
        {
            throw new IOException($"{folder}: the pictures cannot be written: {error.Message.Split(" : '")[0]}", error);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
        return (train.Count, test.Count);
    }

    private static void WritePart(ByteImages images, string folder, CancellationToken cancellation)
    {
        string[] folders = [.. Enumerable.Range(0, images.Classes).Select(c => Path.Combine(folder, Plain(images.ClassNames?[c] ?? $"{c}")))];
        foreach (string one in folders) Directory.CreateDirectory(one);
        for (int i = 0; i < images.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] picture = PngEncoder.Encode(Picture.FromPlanes(images.Pixels(i), images.ImageShape));
            File.WriteAllBytes(Path.Combine(folders[images.Label(i)], $"{i + 1:00000}.png"), picture);
        }
    }

    // "T-shirt/top" is one folder.
    private static string Plain(string name) => string.Concat(name.Select(letter => Path.GetInvalidFileNameChars().Contains(letter) ? '-' : letter));
}
