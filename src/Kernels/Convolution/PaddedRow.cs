namespace CnnEngine.Kernels;

/// <summary>A row of an image between the zeros beside it; above and below the image, zeros alone.</summary>
internal static unsafe class PaddedRow
{
    /// <summary>How long the row is.</summary>
    public static int Width(in ConvShape shape) => shape.W + shape.Padding.Left + shape.Padding.Right;

    /// <summary>Copies a row of a channel's plane; <paramref name="row"/> is counted from the image's first and may lie outside.</summary>
    public static void Write(in ConvShape shape, float* plane, int row, float* to)
    {
        Span<float> padded = new(to, Width(shape));
        if (row < 0 || row >= shape.H)
        {
            padded.Clear();
            return;
        }
        padded[..shape.Padding.Left].Clear();
        new ReadOnlySpan<float>(plane + ((nint)row * shape.W), shape.W).CopyTo(padded[shape.Padding.Left..]);
        padded[(shape.Padding.Left + shape.W)..].Clear();
    }
}
