using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Data;

/// <summary>Folders of picture files to test with.</summary>
internal static class PictureFolder
{
    /// <summary>Writes a picture as PNG, and makes the folders on the way.</summary>
    /// <returns>Its path.</returns>
    public static string Write(this TemporaryFolder folder, string name, Picture picture)
    {
        string path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, PngEncoder.Encode(picture)); // not safely to the disk, which takes its time
        return path;
    }

    /// <summary>A picture that is told by its number.</summary>
    public static Picture Numbered(int number, int width = 4, int height = 3, int channels = 1) =>
        new(width, height, channels, [.. Enumerable.Range(0, width * height * channels).Select(i => (byte)((number * 37) + (i * 11)))]);

    /// <summary>Writes some numbered pictures of each class, class by class: <c>class/000.png</c> and so on.</summary>
    public static void WriteClasses(this TemporaryFolder folder, string inner, int perClass, params string[] classes)
    {
        for (int c = 0; c < classes.Length; c++)
            for (int i = 0; i < perClass; i++) folder.Write(Path.Combine(inner, classes[c], $"{i:000}.png"), Numbered((c * perClass) + i));
    }

    /// <summary>Writes images as PNG files into a folder for each class: <c>7/00042.png</c>.</summary>
    public static void WriteAsPictures(ByteImages images, string directory)
    {
        foreach (string name in images.ClassNames!) Directory.CreateDirectory(Path.Combine(directory, name));
        Parallel.For(0, images.Count, i => File.WriteAllBytes(
            Path.Combine(directory, images.ClassNames![images.Label(i)], $"{i:00000}.png"), PngEncoder.Encode(Picture.FromPlanes(images.Pixels(i), images.ImageShape))));
    }
}
