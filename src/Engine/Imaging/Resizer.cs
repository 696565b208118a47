namespace CnnEngine.Imaging;

/// <summary>
/// Resizes along one axis after the other, by weights of whole numbers: the same bits on every machine. A new pixel is a sum of old ones under
/// a triangle about its middle; the triangle is as wide as two old pixels, or as two new ones where the picture shrinks, so that no old
/// pixel is passed over and nothing finer than the new pixels turns into patterns (P. Heckbert, "Fundamentals of Texture Mapping and Image
/// Warping", 1989, section 3.5).
/// </summary>
internal static class Resizer
{
    // Weights are counted in 2⁻²²: with a byte each and their sum 2²², products stay below 2³⁰.
    private const int WeightBits = 22;

    /// <summary>Resizes the part of a picture that lies between two columns and between two rows, which need not be whole.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="width">Columns wanted.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="columns">The columns that are taken, from the left edge of the first.</param>
    /// <param name="rows">The rows that are taken.</param>
    /// <param name="interpolation">How.</param>
    public static byte[] Resize(Picture picture, int width, int height, Extent columns, Extent rows, Interpolation interpolation)
    {
        int channels = picture.Channels;
        Taps across = Taps.Of(columns, picture.Width, width, interpolation), down = Taps.Of(rows, picture.Height, height, interpolation);
        // Only the rows that the second pass reads.
        int firstRow = down.First[0], lastRow = down.First[^1] + down.Count[^1];
        byte[] narrowed = across.IsIdentity(picture.Width)
            ? picture.Bytes.Slice(firstRow * picture.Width * channels, (lastRow - firstRow) * picture.Width * channels).ToArray()
            : Across(picture, firstRow, lastRow, across);
        return down.IsIdentity(picture.Height) ? narrowed : Down(narrowed, firstRow, width * channels, down);
    }

    private static byte[] Across(Picture picture, int firstRow, int lastRow, Taps taps)
    {
        int channels = picture.Channels, stride = picture.Width * channels, width = taps.First.Length;
        byte[] result = new byte[(lastRow - firstRow) * width * channels];
        int at = 0;
        for (int row = firstRow; row < lastRow; row++)
        {
            ReadOnlySpan<byte> pixels = picture.Bytes.Slice(row * stride, stride);
            for (int column = 0; column < width; column++)
            {
                ReadOnlySpan<int> weights = taps.Of(column);
                ReadOnlySpan<byte> from = pixels.Slice(taps.First[column] * channels, weights.Length * channels);
                if (channels == 1)
                {
                    int sum = 1 << (WeightBits - 1);
                    for (int i = 0; i < weights.Length; i++) sum += weights[i] * from[i];
                    result[at++] = (byte)(sum >> WeightBits);
                }
                else
                {
                    int red = 1 << (WeightBits - 1), green = red, blue = red;
                    for (int i = 0; i < weights.Length; i++)
                    {
                        int weight = weights[i];
                        red += weight * from[3 * i];
                        green += weight * from[(3 * i) + 1];
                        blue += weight * from[(3 * i) + 2];
                    }
                    (result[at], result[at + 1], result[at + 2]) = ((byte)(red >> WeightBits), (byte)(green >> WeightBits), (byte)(blue >> WeightBits));
                    at += 3;
                }
            }
        }
        return result;
    }

    private static byte[] Down(byte[] pixels, int firstRow, int stride, Taps taps)
    {
        int height = taps.First.Length;
        byte[] result = new byte[height * stride];
        int[] sums = new int[stride];
        for (int row = 0; row < height; row++)
        {
            sums.AsSpan().Fill(1 << (WeightBits - 1));
            ReadOnlySpan<int> weights = taps.Of(row);
            for (int i = 0; i < weights.Length; i++)
            {
                int weight = weights[i];
                ReadOnlySpan<byte> from = pixels.AsSpan((taps.First[row] - firstRow + i) * stride, stride);
                for (int x = 0; x < sums.Length; x++) sums[x] += weight * from[x];
            }
            Span<byte> to = result.AsSpan(row * stride, stride);
            for (int x = 0; x < sums.Length; x++) to[x] = (byte)(sums[x] >> WeightBits);
        }
        return result;
    }

    /// <summary>A part of an axis, in pixels from its beginning.</summary>
    internal readonly record struct Extent(double Start, double Length);

    /// <summary>For each new pixel of an axis, which old ones are added up, and by which weights.</summary>
    private sealed class Taps
    {
        private readonly int[] _weights;
        private readonly int _most;

        private Taps(int length, int most) => (First, Count, _weights, _most) = (new int[length], new int[length], new int[length * most], most);

        public int[] First { get; }

        public int[] Count { get; }

        public ReadOnlySpan<int> Of(int pixel) => _weights.AsSpan(pixel * _most, Count[pixel]);

        /// <summary>Whether every new pixel is the old one in its place.</summary>
        public bool IsIdentity(int length)
        {
            if (First.Length != length) return false;
            for (int i = 0; i < length; i++)
                if (First[i] != i || Count[i] != 1) return false;
            return true;
        }

        public static Taps Of(Extent extent, int oldLength, int newLength, Interpolation interpolation)
        {
            double scale = extent.Length / newLength, support = Math.Max(1, scale);
            bool isNearest = interpolation == Interpolation.Nearest;
            Taps taps = new(newLength, isNearest ? 1 : (2 * (int)Math.Ceiling(support)) + 1);
            Span<double> weights = new double[taps._most];
            for (int i = 0; i < newLength; i++)
            {
                double middle = extent.Start + ((i + 0.5) * scale);
                if (isNearest)
                {
                    (taps.First[i], taps.Count[i], taps._weights[i]) = (Math.Clamp((int)Math.Floor(middle), 0, oldLength - 1), 1, 1 << WeightBits);
                    continue;
                }
                int first = Math.Max(0, (int)Math.Round(middle - support, MidpointRounding.AwayFromZero));
                int end = Math.Min(oldLength, (int)Math.Round(middle + support, MidpointRounding.AwayFromZero));
                double sum = 0;
                for (int j = first; j < end; j++) sum += weights[j - first] = Math.Max(0, 1 - (Math.Abs(j + 0.5 - middle) / support));
                taps.Set(i, first, weights[..(end - first)], sum);
            }
            return taps;
        }

        /// <summary>Takes a new pixel's weights as whole numbers that add up to 2²², without the zeros at the ends.</summary>
        private void Set(int pixel, int first, Span<double> weights, double sum)
        {
            Span<int> whole = _weights.AsSpan(pixel * _most, weights.Length);
            int left = 1 << WeightBits, largest = 0;
            for (int i = 0; i < weights.Length; i++)
            {
                left -= whole[i] = (int)Math.Round(weights[i] / sum * (1 << WeightBits));
                if (whole[i] > whole[largest]) largest = i;
            }
            whole[largest] += left; // what rounding lost, some units: so that equal pixels stay what they are
            int skipped = whole.IndexOfAnyExcept(0), end = whole.LastIndexOfAnyExcept(0) + 1;
            whole[skipped..end].CopyTo(whole);
            (First[pixel], Count[pixel]) = (first + skipped, end - skipped);
        }
    }
}
