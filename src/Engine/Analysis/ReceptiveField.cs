using System.Globalization;

namespace CnnEngine.Analysis;

/// <summary>Which part of the image one place of a value sees: its receptive field, padding included.</summary>
/// <param name="Rows">Along H.</param>
/// <param name="Columns">Along W.</param>
public readonly record struct ReceptiveField(AxisField Rows, AxisField Columns)
{
    /// <summary>As in <c>5×5, jump 1×1, centre 0×0</c>.</summary>
    public override string ToString() => $"{Pair(f => f.Size)}, jump {Pair(f => f.Jump)}, centre {Pair(f => f.Centre)}";

    /// <summary>One of the numbers for both axes, as in <c>3×5</c>.</summary>
    internal string Pair(Func<AxisField, double> number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number(Rows):0.##}×{number(Columns):0.##}");
}

/// <summary>A receptive field along one axis.</summary>
/// <remarks>
/// Whole numbers, unless the network makes its values finer again (transposed convolution, up-sampling) or pools adaptively: places then see
/// different numbers of pixels, of which <paramref name="Size"/> is the mean. <see cref="ReceptiveFields.TopDown"/> tells each one's.
/// </remarks>
/// <param name="Size">How many pixels it spans.</param>
/// <param name="Jump">From one place's field to the next one's: the product of the strides on the way.</param>
/// <param name="Centre">Its middle, for the first place; 0 is the image's first pixel, −1 the padding before it.</param>
public readonly record struct AxisField(double Size, double Jump, double Centre)
{
    /// <summary>A pixel of the image itself.</summary>
    internal static AxisField Pixel => new(1, 1, 0);

    internal double First => Centre - ((Size - 1) / 2);

    internal double Last => Centre + ((Size - 1) / 2);
}

/// <summary>A rectangle of pixels; where it reaches outside of the image, padding is seen.</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">How many rows.</param>
/// <param name="Width">How many columns.</param>
public readonly record struct PixelBox(int Top, int Left, int Height, int Width)
{
    /// <summary>As in <c>5×7 from row 2, column 3</c>.</summary>
    public override string ToString() => $"{Height}×{Width} from row {Top}, column {Left}";
}
