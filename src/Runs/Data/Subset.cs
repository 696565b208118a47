using CnnEngine.Data;

namespace CnnEngine.Runs;

/// <summary>Some of a data set's images.</summary>
/// <param name="data">All of them.</param>
/// <param name="indices">Which, by their numbers in <paramref name="data"/>.</param>
internal sealed class Subset(IDataset data, int[] indices) : IDataset
{
    // Images of one step; asked for by several threads at once.
    [ThreadStatic]
    private static int[]? _numbers;

    /// <inheritdoc/>
    public string Name => data.Name;

    /// <inheritdoc/>
    public Shape ImageShape => data.ImageShape;

    /// <inheritdoc/>
    public int Count => indices.Length;

    /// <inheritdoc/>
    public int Classes => data.Classes;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ClassNames => data.ClassNames;

    /// <inheritdoc/>
    public Preprocessing? Preprocessing => data.Preprocessing;

    /// <inheritdoc/>
    public int LabelsPerImage => data.LabelsPerImage;

    /// <inheritdoc/>
    public bool IsCostly => data.IsCostly;

    /// <inheritdoc/>
    public void BeginEpoch(int epoch) => data.BeginEpoch(epoch);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> numbers, Span<float> images, Span<int> labels)
    {
        if (_numbers is null || _numbers.Length < numbers.Length) _numbers = new int[numbers.Length];
        for (int i = 0; i < numbers.Length; i++) _numbers[i] = indices[numbers[i]];
        data.Read(_numbers.AsSpan(0, numbers.Length), images, labels);
    }
}
