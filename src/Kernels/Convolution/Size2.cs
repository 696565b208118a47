namespace CnnEngine.Kernels;

/// <summary>Two numbers of one kind, rows first: the size of a filter or window, a stride, a dilation.</summary>
/// <param name="Height">Along the rows' axis, H.</param>
/// <param name="Width">Along the columns' axis, W.</param>
public readonly record struct Size2(int Height, int Width)
{
    /// <summary>The same number on both axes.</summary>
    public static implicit operator Size2(int both) => new(both, both);

    /// <summary>Rows first: <c>(3, 5)</c>.</summary>
    public static implicit operator Size2((int Height, int Width) pair) => new(pair.Height, pair.Width);

    /// <summary>The same number on both axes.</summary>
    public static Size2 FromInt32(int both) => both;

    /// <summary>Height × width, as in <c>3×5</c>.</summary>
    public override string ToString() => $"{Height}×{Width}";

    internal void ThrowUnlessPositive(string what)
    {
        if (Height < 1 || Width < 1) throw new ArgumentException($"{what} is {this}; both numbers must be at least 1");
    }
}
