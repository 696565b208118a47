namespace CnnEngine.Kernels.Tests;

/// <summary>The vector widths that every kernel is tested on; one that the machine lacks runs in software.</summary>
internal static class SimdWidths
{
    public static IReadOnlyList<SimdWidth> Values { get; } = Enum.GetValues<SimdWidth>();

    /// <summary>The same as the rows of a theory.</summary>
    public static TheoryData<SimdWidth> All { get; } = new(Values);
}

/// <summary>Makes all kernels run on one vector width until it is disposed.</summary>
internal sealed class ForcedWidth : IDisposable
{
    private readonly SimdWidth _before = Simd.Width;

    public ForcedWidth(SimdWidth width) => Simd.Width = width;

    public void Dispose() => Simd.Width = _before;
}

/// <summary>Sets the number of threads until it is disposed.</summary>
internal sealed class ForcedThreads : IDisposable
{
    private readonly int _before = Threads.Count;

    public ForcedThreads(int count) => Threads.Count = count;

    public void Dispose() => Threads.Count = _before;
}

/// <summary>Makes kernels believe in caches of other sizes until it is disposed.</summary>
internal sealed class ForcedCaches : IDisposable
{
    private readonly CacheSizes _before = CacheSizes.Current;

    public ForcedCaches(CacheSizes sizes) => CacheSizes.Current = sizes;

    public void Dispose() => CacheSizes.Current = _before;
}
