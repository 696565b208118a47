using System.Numerics;
using System.Runtime.InteropServices;

namespace CnnEngine.Data;

/// <summary>
/// Each channel's number of pixels, their sum and the sum of their squares, over any number of images. The sums are exact, so that the
/// order in which images are added is all the same.
/// </summary>
internal sealed class PixelSums
{
    private readonly Shape _image;
    private readonly long[] _sums;
    private readonly long[] _squares;
    private long _count;

    /// <param name="image">The shape of an image, C×H×W.</param>
    public PixelSums(Shape image)
    {
        if (image.Rank != 3) throw new ArgumentException($"an image's shape is C×H×W, not {image}", nameof(image));
        (_image, _sums, _squares) = (image, new long[image[0]], new long[image[0]]);
    }

    /// <summary>Takes in some images.</summary>
    public void Add(ReadOnlySpan<byte> pixels)
    {
        int images = pixels.Length / _image.Length, plane = _image[1] * _image[2];
        if (images * _image.Length != pixels.Length) throw new ArgumentException($"{pixels.Length} pixels are no whole images of {_image}", nameof(pixels));
        if (_sums.Length == 1) Add(0, pixels);
        else
            for (int i = 0; i < pixels.Length; i += plane) Add(i / plane % _sums.Length, pixels.Slice(i, plane));
        _count += (long)images * plane;
    }

    /// <summary>Takes in what others have added up.</summary>
    public void Add(PixelSums others)
    {
        for (int c = 0; c < _sums.Length; c++) (_sums[c], _squares[c]) = (_sums[c] + others._sums[c], _squares[c] + others._squares[c]);
        _count += others._count;
    }

    /// <summary>The normalisation by what was taken in, which must be something.</summary>
    public Normalization Normalization()
    {
        Span<float> means = new float[_sums.Length], deviations = new float[_sums.Length];
        for (int c = 0; c < means.Length; c++)
        {
            double mean = (double)_sums[c] / _count;
            double variance = Math.Max(0, ((double)_squares[c] / _count) - (mean * mean));
            // n·Σb² = (Σb)² where all are equal, and only there (Cauchy and Schwarz).
            bool hasContrast = (Int128)_count * _squares[c] != (Int128)_sums[c] * _sums[c];
            (means[c], deviations[c]) = ((float)(mean / 255), hasContrast ? (float)(Math.Sqrt(variance) / 255) : 1);
        }
        return new Normalization(means, deviations);
    }

    private void Add(int channel, ReadOnlySpan<byte> pixels)
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
        (_sums[channel], _squares[channel]) = (_sums[channel] + sum, _squares[channel] + squares);
    }

    private static Vector<uint> WidenAndAdd(Vector<ushort> numbers)
    {
        Vector.Widen(numbers, out Vector<uint> low, out Vector<uint> high);
        return low + high;
    }
}
