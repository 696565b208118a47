namespace CnnEngine.Imaging;

/// <summary>
/// An 8-bit picture, grey or in colours: what image files hold. Networks take it as a tensor of C×H×W numbers from 0 to 1.
/// </summary>
public sealed class Picture
{
    /// <summary>The most pixels of a picture, 2²⁶ (8192 × 8192): a file that promises more is taken for a damaged one.</summary>
    public const int MaxPixels = 1 << 26;

    private readonly byte[] _bytes;

    /// <summary>Makes a picture of bytes.</summary>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 for grey, 3 for red, green and blue.</param>
    /// <param name="bytes">Row by row, the channels of a pixel side by side; kept, not copied.</param>
    /// <exception cref="ArgumentException">A number is out of range, or there are more or fewer bytes.</exception>
    public Picture(int width, int height, int channels, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (width < 1 || height < 1 || (long)width * height > MaxPixels)
            throw new ArgumentException($"the picture is {width}×{height}; it must have 1 to {MaxPixels} pixels");
        if (channels is not (1 or 3)) throw new ArgumentException($"the number of channels is {channels}; it must be 1 or 3", nameof(channels));
        if (bytes.Length != (long)width * height * channels)
            throw new ArgumentException($"{bytes.Length} bytes do not fill {width}×{height} pixels of {channels}", nameof(bytes));
        (Width, Height, Channels, _bytes) = (width, height, channels, bytes);
    }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>Row by row, the channels of a pixel side by side; 0 is dark.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A picture of the tensor's numbers, 0 dark to 1 light; what lies outside is cut off.</summary>
    /// <param name="image">C×H×W numbers, C 1 or 3.</param>
    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public static Picture FromTensor(Tensor image)
    {
        if (image.Shape.Rank != 3 || image.Shape[0] is not (1 or 3))
            throw new ArgumentException($"the tensor is {image.Shape}; a picture is 1×H×W or 3×H×W", nameof(image));
        int channels = image.Shape[0], plane = image.Length / channels;
        ReadOnlySpan<float> numbers = image.Span;
        byte[] bytes = new byte[image.Length];
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < plane; i++)
            {
                float number = numbers[(c * plane) + i];
                bytes[(i * channels) + c] = number > 0 ? (byte)MathF.Round(Math.Min(number, 1) * byte.MaxValue) : (byte)0; // NaN is dark
            }
        return new Picture(image.Shape[2], image.Shape[1], channels, bytes);
    }

    /// <summary>The picture as C×H×W numbers, 0 dark to 1 light.</summary>
    public Tensor ToTensor()
    {
        Tensor image = Tensor.Zeros(new Shape(Channels, Height, Width));
        Span<float> numbers = image.Span;
        int plane = Width * Height;
        for (int i = 0; i < plane; i++)
            for (int c = 0; c < Channels; c++) numbers[(c * plane) + i] = _bytes[(i * Channels) + c] / (float)byte.MaxValue;
        return image;
    }

    /// <summary>The same in grey, by the brightness that the eye gives the colours (ITU-R BT.601).</summary>
    public Picture ToGrey()
    {
        if (Channels == 1) return this;
        byte[] grey = new byte[Width * Height];
        for (int i = 0; i < grey.Length; i++)
            grey[i] = (byte)(((299 * _bytes[3 * i]) + (587 * _bytes[(3 * i) + 1]) + (114 * _bytes[(3 * i) + 2]) + 500) / 1000);
        return new Picture(Width, Height, 1, grey);
    }
}
