namespace CnnEngine.Kernels;

/// <summary>
/// Up-sampling to the nearest pixel, <c>y[n,c,i,j] = x[n,c, ⌊i·H/H'⌋, ⌊j·W/W'⌋]</c>, as PyTorch's <c>nearest</c>. Each pixel is copied to a window
/// of the output, so forward is sum pooling's backward pass and backward its forward pass.
/// </summary>
public static class NearestUpsampling
{
    /// <summary>The larger images.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="y">Receives N·C·H'·W' numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(in ResizeShape shape, ReadOnlySpan<float> x, Span<float> y)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        MeanPooling.Backward(shape.Windows, x, y, PoolDivisor.One);
    }

    /// <summary>∂x, the sum of δ over each pixel's copies.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, N·C·H'·W' numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Backward(in ResizeShape shape, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        MeanPooling.Forward(shape.Windows, dy, dx, PoolDivisor.One);
    }
}
