using CnnEngine.Imaging;
using CnnEngine.Serialization;

namespace CnnEngine.Data;

public sealed partial class ImageListing
{
    private static readonly EnumerationOptions AllEntries = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>
    /// Lists a folder with one folder for each class, which holds the class's pictures. Classes are called like their folders and come, like
    /// the pictures of a class, in the order of their names' code points. Hidden files and files beside the classes' folders are passed over.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="classNames">The classes that there must be no others beside, by their labels; null to take the folders' names.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is laid out in another way; the message names the place and what would be right.</exception>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static ImageListing OfFolder(string directory, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"{directory}: no such folder; it must hold a folder of pictures for each class");
        (DirectoryInfo[] folders, FileInfo[] beside) = Entries(directory);
        if (Array.Find(beside, file => ImageFile.HasKnownEnding(file.Name)) is { } stray)
            throw new InvalidDataException($"{stray.FullName}: this picture has no class; it must be in the folder of one, {Path.Combine(directory, "CLASS", stray.Name)}");
        if (folders.Length == 0) throw new InvalidDataException($"{directory}: has no folders; there must be one of pictures for each class");
        if (classNames is null && folders.Length == 1) throw OneClass(directory, folders[0].Name);
        string[] names = Array.ConvertAll(folders, folder => folder.Name);
        classNames ??= names;
        Dictionary<string, int> labelOf = LabelsOf(classNames);
        if (Array.Find(names, name => !labelOf.ContainsKey(name)) is { } unknown)
            throw new InvalidDataException($"{Path.Combine(directory, unknown)}: there is no class {Quoting.Quote(unknown)}; there are {Quoting.QuoteSome([.. classNames])}");
        if (Array.Find(names, name => labelOf[name] == Ambiguous) is { } ambiguous)
            throw new InvalidDataException($"{Path.Combine(directory, ambiguous)}: the network has several classes called {Quoting.Quote(ambiguous)}");

        List<string> paths = [], others = [];
        List<int> labels = [];
        foreach (DirectoryInfo folder in folders)
        {
            (DirectoryInfo[] inner, FileInfo[] files) = Entries(Path.Combine(directory, folder.Name));
            if (inner.Length > 0)
                throw new InvalidDataException(
                    $"{Path.Combine(directory, folder.Name, inner[0].Name)}: this is a folder in the folder of the class {Quoting.Quote(folder.Name)}, which must hold pictures alone");
            int label = labelOf[folder.Name];
            foreach (FileInfo file in files)
            {
                string path = Path.Combine(directory, folder.Name, file.Name);
                if (!ImageFile.HasKnownEnding(file.Name))
                {
                    others.Add(path);
                    continue;
                }
                paths.Add(path);
                labels.Add(label);
            }
        }
        return new ImageListing(directory, classNames, [.. paths], [.. labels], others);
    }

    /// <summary>The names of a folder's folders that are not hidden.</summary>
    internal static string[] FoldersOf(string directory) => Array.ConvertAll(Entries(directory).Folders, folder => folder.Name);

    /// <summary>The folders and the files of a folder that are not hidden, by their names.</summary>
    private static (DirectoryInfo[] Folders, FileInfo[] Files) Entries(string directory)
    {
        try
        {
            FileSystemInfo[] entries = [.. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", AllEntries)
                .Where(entry => entry.Name[0] != '.' && (entry.Attributes & FileAttributes.Hidden) == 0)];
            if (Array.Find(entries, IsBrokenLink) is { } broken)
                throw new IOException($"{Path.Combine(directory, broken.Name)}: this link leads nowhere");
            Array.Sort(entries, (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return ([.. entries.OfType<DirectoryInfo>()], [.. entries.OfType<FileInfo>()]);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnauthorizedAccessException($"{directory}: this folder must not be read by this user", error);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new DirectoryNotFoundException($"{directory}: this folder has just vanished", error);
        }
    }

    private static bool IsBrokenLink(FileSystemInfo entry)
    {
        if (entry.LinkTarget is null) return false;
        try
        {
            return entry.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false };
        }
        catch (IOException)
        {
            return true; // it leads in a circle
        }
    }
}
