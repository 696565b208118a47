using System.Numerics;
using System.Numerics.Tensors;
using CnnEngine.Kernels;

namespace CnnEngine.Data;

/// <summary>By how many pixels each place of an image is displaced; nothing if empty.</summary>
internal readonly ref struct Displacement
{
    /// <summary>H rows, the first number of each <see cref="Stride"/> behind that of the row before.</summary>
    public ReadOnlySpan<float> X { get; init; }

    /// <inheritdoc cref="X"/>
    public ReadOnlySpan<float> Y { get; init; }

    public int Stride { get; init; }
}

/// <summary>
/// Takes each pixel from some place of the old image, between four of its pixels: <c>v = (1 − b)·((1 − a)·p₀₀ + a·p₀₁) + b·((1 − a)·p₁₀ + a·p₁₁)</c>,
/// a and b the fractions of the place. Zeros are around the image.
/// </summary>
internal static class Warp
{
    // One pixel before and two behind: a place is brought into them from farther out, and has its neighbours there.
    private const int Border = 3;

    /// <summary>Warps an image in place.</summary>
    /// <param name="image">C×H×W numbers.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="source">From a pixel (x, y) of the new image to its place in the old one.</param>
    /// <param name="displacement">What is added to that place.</param>
    public static unsafe void Run(Span<float> image, int height, int width, in Matrix3x2 source, Displacement displacement)
    {
        int stride = width + Border, padded = (height + Border) * stride, plane = height * width, channels = image.Length / plane;
        using Scratch.Lease scratch = Scratch.Take(((long)channels * padded) + (3L * width));
        Span<float> old = new(scratch.Data, channels * padded), xs = new(scratch.Data + old.Length, width), ys = new(scratch.Data + old.Length + width, width);
        Span<int> corners = new(scratch.Data + old.Length + (2 * width), width);
        old.Clear();
        for (int row = 0; row < channels * height; row++)
            image.Slice(row * width, width).CopyTo(old[((row / height * padded) + (((row % height) + 1) * stride) + 1)..]);

        for (int y = 0; y < height; y++)
        {
            // A pixel's place in the image with its border.
            float firstX = (y * source.M21) + source.M31 + 1, firstY = (y * source.M22) + source.M32 + 1;
            for (int x = 0; x < xs.Length; x++) xs[x] = (x * source.M11) + firstX;
            for (int x = 0; x < ys.Length; x++) ys[x] = (x * source.M12) + firstY;
            if (!displacement.X.IsEmpty)
            {
                TensorPrimitives.Add(xs, displacement.X.Slice(y * displacement.Stride, width), xs);
                TensorPrimitives.Add(ys, displacement.Y.Slice(y * displacement.Stride, width), ys);
            }
            Split(xs, ys, corners, height, width, stride);
            for (int c = 0; c < channels; c++) Sample(old.Slice(c * padded, padded), stride, corners, xs, ys, image.Slice((c * plane) + (y * width), width));
        }
    }

    /// <summary>Makes of places the pixels above and left of them, and the fractions that are left.</summary>
    private static void Split(Span<float> xs, Span<float> ys, Span<int> corners, int height, int width, int stride)
    {
        ys = ys[..xs.Length];
        corners = corners[..xs.Length];
        for (int i = 0; i < xs.Length; i++)
        {
            float x = float.MinNative(float.MaxNative(xs[i], 0), width + 1), y = float.MinNative(float.MaxNative(ys[i], 0), height + 1);
            int left = (int)x, top = (int)y;
            corners[i] = (top * stride) + left;
            xs[i] = x - left;
            ys[i] = y - top;
        }
    }

    private static void Sample(ReadOnlySpan<float> old, int stride, ReadOnlySpan<int> corners, ReadOnlySpan<float> xs, ReadOnlySpan<float> ys, Span<float> row)
    {
        corners = corners[..row.Length];
        xs = xs[..row.Length];
        ys = ys[..row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            ReadOnlySpan<float> around = old.Slice(corners[i], stride + 2);
            float above = around[0] + (xs[i] * (around[1] - around[0])), below = around[stride] + (xs[i] * (around[stride + 1] - around[stride]));
            row[i] = above + (ys[i] * (below - above));
        }
    }
}
