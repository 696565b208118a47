using System.Numerics.Tensors;

namespace CnnEngine.Imaging;

/// <summary>
/// PNG's filters, which write a byte as its difference from a guess (W3C, "Portable Network Graphics Specification", section 9): nothing, the byte to
/// the left, the one above, their mean, or Paeth's choice among left, above and above left. Left is the same channel of the pixel before.
/// </summary>
internal static class PngFilter
{
    public const byte None = 0, Left = 1, Above = 2, Mean = 3, Paeth = 4;

    /// <summary>Undoes a row's filter.</summary>
    /// <param name="row">The filter, then the row's bytes.</param>
    /// <param name="above">The row above, a byte in front.</param>
    /// <param name="pixel">Bytes of a pixel.</param>
    public static void Undo(Span<byte> row, ReadOnlySpan<byte> above, int pixel)
    {
        int filter = row[0];
        row = row[1..];
        above = above.Slice(1, row.Length);
        // Of the first pixel, what is to the left is 0.
        int first = Math.Min(pixel, row.Length);
        switch (filter)
        {
            case None:
                break;
            case Left:
                for (int i = pixel; i < row.Length; i++) row[i] += row[i - pixel];
                break;
            case Above:
                TensorPrimitives.Add(row, above, row);
                break;
            case Mean:
                for (int i = 0; i < first; i++) row[i] += (byte)(above[i] / 2);
                for (int i = pixel; i < row.Length; i++) row[i] += (byte)((row[i - pixel] + above[i]) / 2);
                break;
            case Paeth:
                for (int i = 0; i < first; i++) row[i] += above[i];
                for (int i = pixel; i < row.Length; i++) row[i] += Nearest(row[i - pixel], above[i], above[i - pixel]);
                break;
            default:
                throw new InvalidDataException($"a row has filter {filter}; there are 0 to 4");
        }
    }

    /// <summary>Of the bytes to the left, above, and above left, the one nearest to <c>left + above − above left</c>, in doubt the first.</summary>
    public static byte Nearest(int left, int above, int aboveLeft)
    {
        int byLeft = Math.Abs(above - aboveLeft), byAbove = Math.Abs(left - aboveLeft), byBoth = Math.Abs(left + above - (2 * aboveLeft));
        // Choices rather than jumps, which no processor could foresee.
        int other = byAbove <= byBoth ? above : aboveLeft;
        return (byte)(byLeft <= Math.Min(byAbove, byBoth) ? left : other);
    }
}
