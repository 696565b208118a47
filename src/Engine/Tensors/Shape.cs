using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CnnEngine;

/// <summary>
/// The extents of a tensor, one to four of them, outermost first: one image is <c>C×H×W</c>, a batch of images
/// <c>N×C×H×W</c>, a filter bank <c>K×C×R×S</c>, a vector of features <c>F</c>.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The most dimensions a shape can have.</summary>
    public const int MaxRank = 4;

    private readonly Extents _extents;

    /// <summary>Makes a shape from its extents, outermost first.</summary>
    /// <param name="extents">One to four numbers, each at least 1, whose product fits an <see cref="int"/>.</param>
    /// <exception cref="ArgumentException">No extent, more than four, one below 1, or a product over 2³¹−1.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length is 0 or > MaxRank)
            throw new ArgumentException($"a shape has 1 to {MaxRank} dimensions, not {extents.Length}", nameof(extents));
        long length = 1;
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] < 1)
                throw new ArgumentException($"dimension {i} of the shape {Join(extents)} is {extents[i]}; it must be at least 1", nameof(extents));
            length *= extents[i];
            if (length > int.MaxValue)
                throw new ArgumentException($"the shape {Join(extents)} has more than 2³¹−1 elements", nameof(extents));
            _extents[i] = extents[i];
        }
        Rank = extents.Length;
        Length = (int)length;
    }

    /// <summary>How many dimensions there are, 1 to 4.</summary>
    public int Rank { get; }

    /// <summary>How many elements there are: the product of the extents.</summary>
    public int Length { get; }

    /// <summary>The extent of one dimension, outermost first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public int this[int dimension]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)dimension, (uint)Rank, nameof(dimension));
            return _extents[dimension];
        }
    }

    /// <summary>This shape with one more dimension in front: <c>C×H×W</c> becomes <c>N×C×H×W</c>.</summary>
    /// <exception cref="ArgumentException">The shape has four dimensions already, or <paramref name="extent"/> is below 1.</exception>
    public Shape Prepend(int extent)
    {
        if (Rank == MaxRank) throw new ArgumentException($"the shape {this} has {MaxRank} dimensions already", nameof(extent));
        Span<int> extents = stackalloc int[MaxRank];
        extents[0] = extent;
        CopyTo(extents[1..]);
        return new Shape(extents[..(Rank + 1)]);
    }

    /// <summary>This shape without its outermost dimension: <c>N×C×H×W</c> becomes <c>C×H×W</c>.</summary>
    /// <exception cref="InvalidOperationException">The shape has only one dimension.</exception>
    public Shape DropFirst()
    {
        if (Rank == 1) throw new InvalidOperationException($"the shape {this} has only one dimension");
        Span<int> extents = stackalloc int[MaxRank];
        CopyTo(extents);
        return new Shape(extents[1..Rank]);
    }

    /// <summary>The extents as a new array, outermost first.</summary>
    public int[] ToArray()
    {
        int[] extents = new int[Rank];
        CopyTo(extents);
        return extents;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        if (Rank != other.Rank) return false;
        for (int i = 0; i < Rank; i++)
            if (_extents[i] != other._extents[i]) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _extents[0], _extents[1], _extents[2], _extents[3]);

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The extents joined by ×, as in <c>64×6×28×28</c>.</summary>
    public override string ToString()
    {
        Span<int> extents = stackalloc int[MaxRank];
        CopyTo(extents);
        return Join(extents[..Rank]);
    }

    private void CopyTo(Span<int> destination)
    {
        for (int i = 0; i < Rank; i++) destination[i] = _extents[i];
    }

    private static string Join(ReadOnlySpan<int> extents) => string.Join('×', extents.ToArray());

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private int _first;
    }
}
