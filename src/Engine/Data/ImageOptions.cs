using CnnEngine.Imaging;

namespace CnnEngine.Data;

/// <summary>How pictures become a data set.</summary>
public sealed record ImageOptions
{
    /// <summary>All that happens to a picture, as a network that exists already has it; null to decide by what follows and by the pictures.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>1 for grey, 3 for colours; null for colours if any of the pictures has them.</summary>
    public int? Channels { get; init; }

    /// <summary>Rows and columns of an image; null for the size that more than half of the pictures have.</summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>What becomes of the proportions of a picture of another size.</summary>
    public ResizeMode Resize { get; init; }

    /// <summary>How a picture is brought to the size.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>The classes by their labels, as a network that exists already has them; null for those of the pictures.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The share of each class that is kept for validation where there are no pictures set apart for it, 0 for none, to below 1; a tenth if left out.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Which pictures are kept for validation follows from it.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Whether files that are no pictures, or damaged ones, are left out and listed; the first is an error otherwise.</summary>
    public bool SkipBad { get; init; }

    /// <summary>
    /// The most bytes of pixels of a set that are kept in memory: 2·10⁹ if left out, or half of what the process may have if that is less. Pictures of
    /// more are decoded anew whenever they are read.
    /// </summary>
    public long MemoryBound { get; init; } = Math.Min(2_000_000_000, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    /// <summary>The most threads that decode pictures; null for <see cref="Kernels.Threads.Count"/>. Images do not depend on it.</summary>
    public int? Threads { get; init; }
}

/// <summary>A file that was left out, and why.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">What is wrong with it, in a line that names it.</param>
public sealed record SkippedFile(string Path, string Reason);

/// <summary>How far pictures have been read.</summary>
/// <param name="Read">Pictures read so far.</param>
/// <param name="Count">How many there are.</param>
public readonly record struct LoadingProgress(int Read, int Count);
