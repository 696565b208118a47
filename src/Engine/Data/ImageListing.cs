using CnnEngine.Serialization;

namespace CnnEngine.Data;

/// <summary>Which pictures there are and of which classes, before any of them is read: from a folder of folders or from a list in a CSV file.</summary>
public sealed partial class ImageListing
{
    // The label of a name that several classes have, as two of ImageNet's are called crane.
    private const int Ambiguous = -1;

    private readonly string[] _paths;
    private readonly int[] _labels;

    private ImageListing(string source, IReadOnlyList<string> classNames, string[] paths, int[] labels, IReadOnlyList<string> others)
    {
        (Source, ClassNames, _paths, _labels, Others) = (source, classNames, paths, labels, others);
    }

    /// <summary>The folder or the file that it comes from.</summary>
    public string Source { get; }

    /// <summary>What to call it: the folder's name, or the file's without its ending.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Source))) is { Length: > 0 } name ? name : Source;

    /// <summary>What the classes are called, by their labels.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many pictures there are.</summary>
    public int Count => _paths.Length;

    /// <summary>The files among the pictures that are none by their names' endings.</summary>
    public IReadOnlyList<string> Others { get; }

    /// <summary>Where a picture is.</summary>
    public string PathOf(int index) => _paths[index];

    /// <summary>The class of a picture.</summary>
    public int Label(int index) => _labels[index];

    /// <summary>Parts the pictures in two, class by class, so that every class has its share in both; see <see cref="StratifiedSplit"/>.</summary>
    /// <param name="share">The validation part's share of each class, between 0 and 1.</param>
    /// <param name="seed">Chooses the pictures.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public (ImageListing Train, ImageListing Validation) Split(double share, long seed = 1)
    {
        (int[] train, int[] validation) = StratifiedSplit.Of(_labels, share, seed);
        return (Only(train, Others), Only(validation, []));
    }

    /// <summary>The same without some pictures.</summary>
    internal ImageListing Without(IReadOnlySet<int> indices) => Only([.. Enumerable.Range(0, Count).Where(i => !indices.Contains(i))], []);

    /// <summary>Refuses a listing in which a class has no pictures, which a network cannot learn then.</summary>
    /// <exception cref="InvalidDataException">There is such a class, or no picture at all.</exception>
    internal void RequireAllClasses()
    {
        int[] counts = new int[ClassNames.Count];
        foreach (int label in _labels) counts[label]++;
        if (Count == 0) throw new InvalidDataException($"{Source}: there are no pictures in it");
        string[] empty = [.. ClassNames.Where((_, label) => counts[label] == 0)];
        if (empty.Length > 0)
            throw new InvalidDataException($"{Source}: there are no pictures of the {(empty.Length == 1 ? "class" : "classes")} {Quoting.QuoteSome(empty)}");
    }

    private ImageListing Only(int[] indices, IReadOnlyList<string> others) =>
        new(Source, ClassNames, Array.ConvertAll(indices, i => _paths[i]), Array.ConvertAll(indices, i => _labels[i]), others);

    /// <summary>The classes' labels by their names.</summary>
    private static Dictionary<string, int> LabelsOf(IReadOnlyList<string> classNames)
    {
        Dictionary<string, int> labels = new(classNames.Count, StringComparer.Ordinal);
        for (int label = 0; label < classNames.Count; label++)
            if (!labels.TryAdd(classNames[label], label)) labels[classNames[label]] = Ambiguous;
        return labels;
    }

    private static InvalidDataException OneClass(string source, string name) =>
        new($"{source}: has one class, {Quoting.Quote(name)}; there must be two at least to tell apart");
}
