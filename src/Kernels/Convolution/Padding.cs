namespace CnnEngine.Kernels;

/// <summary>Rows and columns of zeros around an image, or the rule that says how many.</summary>
public readonly record struct Padding
{
    /// <summary>Padding of each side.</summary>
    /// <exception cref="ArgumentException">A number is negative.</exception>
    public Padding(int top, int bottom, int left, int right)
    {
        if (top < 0 || bottom < 0 || left < 0 || right < 0)
            throw new ArgumentException($"padding is {top}, {bottom}, {left}, {right} (top, bottom, left, right); no side may be negative");
        (Top, Bottom, Left, Right) = (top, bottom, left, right);
    }

    private Padding(int top, int bottom, int left, int right, bool isSame) => (Top, Bottom, Left, Right, IsSame) = (top, bottom, left, right, isSame);

    /// <summary>No padding: the filter stays inside the image.</summary>
    public static Padding Valid => default;

    /// <summary>
    /// As much as gives <c>⌈H/stride⌉</c> rows of output, so that stride 1 keeps the size; where the number is odd, the extra row
    /// goes to the bottom and the extra column to the right.
    /// </summary>
    public static Padding Same { get; } = new(0, 0, 0, 0, isSame: true);

    /// <summary>Whether this is <see cref="Same"/>, a rule and not yet a number.</summary>
    public bool IsSame { get; }

    /// <summary>Rows above.</summary>
    public int Top { get; }

    /// <summary>Rows below.</summary>
    public int Bottom { get; }

    /// <summary>Columns on the left.</summary>
    public int Left { get; }

    /// <summary>Columns on the right.</summary>
    public int Right { get; }

    /// <summary>The same padding on every side.</summary>
    public static implicit operator Padding(int everySide) => new(everySide, everySide, everySide, everySide);

    /// <summary>The same padding on every side.</summary>
    public static Padding FromInt32(int everySide) => everySide;

    /// <summary>Top, bottom, left and right, or one number where they agree.</summary>
    public override string ToString() => IsSame ? "same"
        : Top == Bottom && Left == Right && Top == Left ? $"{Top}"
        : $"({Top}, {Bottom}, {Left}, {Right})";

    /// <summary>Padding of each side, or where a number is negative, rows and columns cut off.</summary>
    internal static Padding OrCrop(int top, int bottom, int left, int right) => new(top, bottom, left, right, isSame: false);

    /// <summary>The number of rows and columns, with <see cref="Same"/> worked out.</summary>
    internal Padding Resolve(Size2 image, Size2 window, Size2 stride, Size2 dilation)
    {
        if (!IsSame) return this;
        int rows = Total(image.Height, window.Height, stride.Height, dilation.Height);
        int columns = Total(image.Width, window.Width, stride.Width, dilation.Width);
        return new Padding(rows / 2, rows - (rows / 2), columns / 2, columns - (columns / 2));

        static int Total(int size, int window, int stride, int dilation)
        {
            int outputs = (size + stride - 1) / stride;
            return Math.Max(0, ((outputs - 1) * stride) + (dilation * (window - 1)) + 1 - size);
        }
    }

    /// <summary><c>⌊(size + padding − dilation·(window − 1) − 1) / stride⌋ + 1</c>, refused below 1.</summary>
    internal static int OutputSize(string axis, int size, int padding, int window, int stride, int dilation)
    {
        int reach = (dilation * (window - 1)) + 1;
        if (size + padding < reach)
            throw new ArgumentException($"the window spans {reach} {axis}, the padded image has {size + padding}; the window must fit into the image");
        return ((size + padding - reach) / stride) + 1;
    }
}
