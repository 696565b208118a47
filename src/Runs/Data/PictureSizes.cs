using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Runs;

/// <summary>Looks at some pictures of a set, to see whether networks can have them as they are.</summary>
internal static class PictureSizes
{
    private const int Sample = 64;

    /// <summary>Whether pictures have all the same size, and a small one. What cannot be read is for others to complain of.</summary>
    public static bool AreSmallAndEqual(string path)
    {
        string[] files = Files(path);
        int count = Math.Min(Sample, files.Length);
        HashSet<(int, int)> sizes = [];
        for (int i = 0; i < count; i++)
        {
            try
            {
                Picture picture = ImageFile.Read(files[(int)((long)i * files.Length / count)]);
                sizes.Add((picture.Height, picture.Width));
            }
            catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                continue;
            }
        }
        return sizes.All(size => Math.Max(size.Item1, size.Item2) <= Recipe.Small) && sizes.Count <= 1;
    }

    private static string[] Files(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                ImageListing listing = ImageListing.OfCsv(path);
                return [.. Enumerable.Range(0, listing.Count).Select(listing.PathOf)];
            }
            EnumerationOptions options = new() { RecurseSubdirectories = true, MaxRecursionDepth = 3 };
            return [.. Directory.EnumerateFiles(path, "*", options).Where(ImageFile.HasKnownEnding).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
