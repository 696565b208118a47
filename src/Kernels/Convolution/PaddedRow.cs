namespace CnnEngine.Kernels;

/// <summary>A row of an image between the zeros beside it; above and below the image, zeros alone.</summary>
internal static unsafe class PaddedRow
{
    /// <summary>How long the row is.</summary>
    public static int Width(in ConvShape shape) => shape.W + shape.Padding.Left + shape.Padding.Right;

    /// <summary>Copies a row of a channel's plane; <paramref name="row"/> is counted from the image's first and may lie outside.</summary>
    public static void Write<S, V>(in ConvShape shape, float* plane, int row, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        if (row < 0 || row >= shape.H)
        {
            new Span<float>(to, Width(shape)).Clear();
            return;
        }
        for (int j = 0; j < shape.Padding.Left; j++) *to++ = 0;
        RowCopy.Fill<S, V>(1, shape.W, plane + ((nint)row * shape.W), shape.W, to, shape.W);
        to += shape.W;
        for (int j = 0; j < shape.Padding.Right; j++) *to++ = 0;
    }
}
