using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CnnEngine.Data;

/// <summary>
/// Turns a pixel <c>b</c> of 0 to 255 into <c>(b/255 − mean)/deviation</c>, so that a network's inputs have mean 0 and variance 1,
/// as LeCun et al., "Efficient BackProp" (1998), section 4.3, advises. Measured on the training images, used on all.
/// </summary>
/// <param name="Mean">The mean of the pixels divided by 255.</param>
/// <param name="Deviation">Their standard deviation (of the population: divided by n), above 0.</param>
public readonly record struct Normalization(float Mean, float Deviation)
{
    /// <summary>The mean and the deviation of all pixels of a set; the deviation is 1 where all pixels are equal.</summary>
    /// <param name="pixels">The pixels of all images, at least one.</param>
    /// <exception cref="ArgumentException">There are no pixels.</exception>
    public static Normalization Measure(ReadOnlySpan<byte> pixels)
    {
        if (pixels.IsEmpty) throw new ArgumentException("no pixels to measure the mean and the deviation of", nameof(pixels));
        (long sum, long squares) = Sums(pixels);
        double mean = (double)sum / pixels.Length;
        double variance = Math.Max(0, ((double)squares / pixels.Length) - (mean * mean));
        bool hasContrast = pixels.ContainsAnyExcept(pixels[0]);
        return new Normalization((float)(mean / 255), hasContrast ? (float)(Math.Sqrt(variance) / 255) : 1);
    }

    /// <summary>One pixel, normalised.</summary>
    public float Apply(byte pixel) => (pixel - (255 * Mean)) / (255 * Deviation);

    /// <summary>The same for many pixels.</summary>
    /// <param name="pixels">The pixels.</param>
    /// <param name="normalized">Receives as many numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> normalized)
    {
        normalized = normalized[..pixels.Length];
        TensorPrimitives.ConvertTruncating(pixels, normalized);
        TensorPrimitives.Subtract(normalized, 255 * Mean, normalized);
        TensorPrimitives.Divide(normalized, 255 * Deviation, normalized);
    }

    /// <summary>The sum of all pixels and the sum of their squares, both exact.</summary>
    private static (long Sum, long Squares) Sums(ReadOnlySpan<byte> pixels)
    {
        // A lane of 32 bits takes in four squares of a vector, 260,100 at most; so many vectors fit.
        const int mostVectors = 1 << 14;
        long sum = 0, squares = 0;
        ReadOnlySpan<Vector<byte>> vectors = MemoryMarshal.Cast<byte, Vector<byte>>(pixels);
        for (int first = 0; first < vectors.Length; first += mostVectors)
        {
            Vector<uint> blockSum = Vector<uint>.Zero, blockSquares = Vector<uint>.Zero;
            foreach (Vector<byte> vector in vectors[first..Math.Min(first + mostVectors, vectors.Length)])
            {
                Vector.Widen(vector, out Vector<ushort> low, out Vector<ushort> high);
                blockSum += WidenAndAdd(low + high);
                blockSquares += WidenAndAdd(low * low) + WidenAndAdd(high * high); // 255² fits into 16 bits
            }
            for (int lane = 0; lane < Vector<uint>.Count; lane++) (sum, squares) = (sum + blockSum[lane], squares + blockSquares[lane]);
        }
        foreach (byte pixel in pixels[(vectors.Length * Vector<byte>.Count)..]) (sum, squares) = (sum + pixel, squares + (pixel * pixel));
        return (sum, squares);
    }

    private static Vector<uint> WidenAndAdd(Vector<ushort> numbers)
    {
        Vector.Widen(numbers, out Vector<uint> low, out Vector<uint> high);
        return low + high;
    }
}
