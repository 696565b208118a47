using System.Buffers;
using CnnEngine.Serialization;

namespace CnnEngine.Imaging;

/// <summary>
/// Reads and writes PNG, PGM and PPM files, and reads BMP files; pictures have 8 bits a channel. The coders are the project's own, for want of a maintained package without native code. What a file
/// says of its size is not believed before its bytes bear it out, so that a damaged or hostile file costs one error and no memory.
/// </summary>
public static class ImageFile
{
    // More than any picture of MaxPixels takes, with room for what else a file may hold.
    private const long MaxFileLength = 1 << 29;

    /// <summary>What is read, for messages.</summary>
    internal const string Formats = "PNG, BMP, PGM (P5) or PPM (P6)";

    /// <summary>The endings of the names of pictures that are read.</summary>
    internal static string[] Endings { get; } = [".bmp", ".pgm", ".png", ".ppm"];

    /// <summary>Whether a file's name ends like that of a picture that is read.</summary>
    internal static bool HasKnownEnding(string name) => Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a picture, whose format its first bytes tell. Transparency is ignored.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It is a folder, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or in a format that is not read; the message says what would be right.</exception>
    public static Picture Read(string path)
    {
        int length = InputFile.Length(path, MaxFileLength, "picture");
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return Decode(bytes.AsSpan(0, InputFile.Read(path, bytes.AsSpan(0, length))));
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Writes a picture whole or not at all, in the format that the name's ending tells: .png, .pgm (grey) or .ppm (colours).</summary>
    /// <exception cref="ArgumentException">The ending is another one, or does not go with the picture's channels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public static void Write(string path, Picture picture)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(picture);
        byte[] bytes = (Path.GetExtension(path).ToUpperInvariant(), picture.Channels) switch
        {
            (".PNG", _) => PngEncoder.Encode(picture),
            (".PGM", 1) or (".PPM", 3) => Netpbm.Encode(picture),
            (".PGM", _) => throw new ArgumentException($"{path}: .pgm holds grey pictures; this one has colours, for which there are .png and .ppm"),
            (".PPM", _) => throw new ArgumentException($"{path}: .ppm holds colours; this picture is grey, for which there are .png and .pgm"),
            _ => throw new ArgumentException($"{path}: pictures are written as .png, .pgm or .ppm"),
        };
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>A picture of a file's bytes.</summary>
    /// <exception cref="InvalidDataException">They are damaged, or in a format that is not read.</exception>
    internal static Picture Decode(ReadOnlySpan<byte> file) => file switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => PngDecoder.Decode(file),
        [(byte)'P', (byte)'5' or (byte)'6', ..] => Netpbm.Decode(file),
        [0xff, 0xd8, ..] => throw Refused("JPEG"),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => throw Refused("GIF"),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => throw Refused("WebP"),
        [(byte)'B', (byte)'M', ..] => BmpDecoder.Decode(file),
        [(byte)'P', >= (byte)'1' and <= (byte)'4' or (byte)'7', ..] => throw Refused($"Netpbm's P{(char)file[1]}"),
        _ => throw new InvalidDataException($"is no picture that is read: {Formats}; it has {file.Length} bytes{Start(file)}"),
    };

    private static InvalidDataException Refused(string format) =>
        new($"is in the format {format}, which is not read; convert it to PNG, as by: magick FILE image.png");

    private static string Start(ReadOnlySpan<byte> file) => file.IsEmpty ? "" : $", the first of them {Convert.ToHexStringLower(file[..Math.Min(8, file.Length)])}";
}
