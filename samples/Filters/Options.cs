using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace Filters;

/// <summary>Which of the given filters to apply.</summary>
internal enum FilterName
{
    All,
    Identity,
    Edges,
    Sharpen,
    Box,
    Gauss,
}

/// <summary>What was asked for on the command line, every value checked on its own.</summary>
internal sealed record Options
{
    /// <summary>The picture's file; null for the one that the program draws.</summary>
    public string? Image { get; init; }

    public FilterName? GivenFilter { get; init; }

    /// <summary>The user's own filter.</summary>
    public ImageFilter? Kernel { get; init; }

    public bool Grey { get; init; }

    public string? Folder { get; init; }

    public int Columns { get; init; }

    public bool Quiet { get; init; }

    /// <summary>The filters to apply, in their order: without --filter, the user's own alone, or all five.</summary>
    public IReadOnlyList<ImageFilter> Filters
    {
        get
        {
            IReadOnlyList<ImageFilter> named = GivenFilter switch
            {
                null when Kernel is not null => [],
                null or FilterName.All => ImageFilter.All,
                FilterName.Identity => [ImageFilter.Identity],
                FilterName.Edges => [ImageFilter.EdgeDetection],
                FilterName.Sharpen => [ImageFilter.Sharpen],
                FilterName.Box => [ImageFilter.BoxBlur],
                _ => [ImageFilter.GaussianBlur],
            };
            return Kernel is null ? named : [.. named, Kernel];
        }
    }

    /// <summary>What is wrong with the values taken together, or with what they are up against; null if nothing is.</summary>
    public string? Conflict()
    {
        if (Quiet && Folder is null) return "--quiet leaves nothing to do without --out DIR";
        try
        {
            // Not an option but a variable of the environment; a wrong one is bad usage all the same.
            _ = Simd.Width;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
        return null;
    }
}
