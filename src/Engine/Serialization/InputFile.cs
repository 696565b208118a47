using Microsoft.Win32.SafeHandles;

namespace CnnEngine.Serialization;

/// <summary>Reads files whole, with a line that names the file for whatever stands against it.</summary>
internal static class InputFile
{
    /// <summary>The bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes it may have.</param>
    /// <param name="what">What it is taken for, in messages: <c>picture</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    /// <exception cref="IOException">It is a folder, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static byte[] ReadAll(string path, long most, string what)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Length(path, most, what));
        return Read(path, bytes) is var read && read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>How many bytes a file has; 0 of a pipe, which is so never opened and waited for.</summary>
    public static int Length(string path, long most, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileInfo file = new(path);
        if (!file.Exists)
        {
            if (Directory.Exists(path)) throw new IOException($"{path}: this is a folder; a file's name is needed");
            throw new FileNotFoundException($"{path}: no such file", path);
        }
        long length = file.Length;
        if (length > most) throw new InvalidDataException($"{path}: has {length} bytes; a {what} of more than {most} is not read");
        return (int)length;
    }

    /// <summary>Reads the file's beginning, as much as there is room for.</summary>
    /// <returns>How many bytes were read: fewer than there is room for where the file ends.</returns>
    public static int Read(string path, Span<byte> bytes)
    {
        if (bytes.IsEmpty) return 0;
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
            int read = 0;
            while (read < bytes.Length && RandomAccess.Read(file, bytes[read..], read) is var count and > 0) read += count;
            return read;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnauthorizedAccessException($"{path}: this file must not be read by this user", error);
        }
        catch (FileNotFoundException error)
        {
            throw new FileNotFoundException($"{path}: no such file", path, error);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new FileNotFoundException($"{path}: no such file", path, error);
        }
        catch (IOException error)
        {
            throw new IOException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
