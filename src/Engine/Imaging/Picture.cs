namespace CnnEngine.Imaging;

/// <summary>
/// An 8-bit picture, grey or in colours: what image files hold. Networks take it as a tensor of C×H×W numbers from 0 to 1.
/// </summary>
public sealed class Picture
{
    /// <summary>The most pixels of a picture, 2²⁶ (8192 × 8192): a file that promises more is taken for a damaged one.</summary>
    public const int MaxPixels = 1 << 26;

    /// <summary>The most pixels of a picture's side, 2¹⁶.</summary>
    public const int MaxSide = 1 << 16;

    private static readonly string Sizes = $"pictures have 1 to {MaxSide} rows and columns, and at most {MaxPixels} pixels";

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
        if (!IsSize(width, height)) throw new ArgumentException($"the picture is {width}×{height}; {Sizes}");
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

    /// <summary>A picture of C×H×W bytes, the planes of the channels one after another, C 1 or 3.</summary>
    /// <exception cref="ArgumentException">The shape is another one, or there are more or fewer bytes.</exception>
    public static Picture FromPlanes(ReadOnlySpan<byte> planes, Shape shape)
    {
        if (shape.Rank != 3 || shape[0] is not (1 or 3)) throw new ArgumentException($"the image is {shape}; a picture is 1×H×W or 3×H×W", nameof(shape));
        if (planes.Length != shape.Length) throw new ArgumentException($"{planes.Length} bytes are no image of {shape}", nameof(planes));
        byte[] bytes = new byte[planes.Length];
        int channels = shape[0], plane = planes.Length / channels;
        if (channels == 1) planes.CopyTo(bytes);
        else
            for (int i = 0; i < bytes.Length; i++) bytes[i] = planes[(i % channels * plane) + (i / channels)];
        return new Picture(shape[2], shape[1], channels, bytes);
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

    /// <summary>The same in red, green and blue, all three alike if it is grey.</summary>
    public Picture ToColours()
    {
        if (Channels == 3) return this;
        byte[] colours = new byte[3 * _bytes.Length];
        for (int i = 0; i < _bytes.Length; i++) colours.AsSpan(3 * i, 3).Fill(_bytes[i]);
        return new Picture(Width, Height, 3, colours);
    }

    /// <summary>The same in another size.</summary>
    /// <param name="width">Columns wanted.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="mode">What becomes of its proportions.</param>
    /// <param name="interpolation">How new pixels come of old ones.</param>
    /// <returns>This picture itself if it has that size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Picture Resize(int width, int height, ResizeMode mode = ResizeMode.Stretch, Interpolation interpolation = Interpolation.Bilinear)
    {
        if (!IsSize(width, height)) throw new ArgumentOutOfRangeException(nameof(width), $"a picture cannot become {width}×{height}; {Sizes}");
        if (width == Width && height == Height) return this;
        Resizer.Extent columns = new(0, Width), rows = new(0, Height);
        // Proportions are compared as products, which are whole.
        long wide = (long)Width * height, high = (long)Height * width;
        switch (mode)
        {
            case ResizeMode.Stretch:
                return To(width, height);
            case ResizeMode.Crop:
                if (wide > high) columns = Middle(Width, (double)high / height);
                else rows = Middle(Height, (double)wide / width);
                return To(width, height);
            case ResizeMode.Pad:
                return wide > high
                    ? To(width, Math.Max(1, (int)Math.Round((double)Height * width / Width))).OnBlack(width, height)
                    : To(Math.Max(1, (int)Math.Round((double)Width * height / Height)), height).OnBlack(width, height);
            default:
                throw new ArgumentOutOfRangeException(nameof(mode), mode, "there is no such mode");
        }

        Picture To(int w, int h) => new(w, h, Channels, Resizer.Resize(this, w, h, columns, rows, interpolation));

        static Resizer.Extent Middle(int length, double part) => new((length - part) / 2, part);
    }

    /// <summary>The same with its longer side no longer than that; itself if it is so already.</summary>
    internal Picture Shrink(int most)
    {
        int longer = Math.Max(Width, Height);
        return longer <= most ? this : Resize(Math.Max(1, (int)((long)Width * most / longer)), Math.Max(1, (int)((long)Height * most / longer)));
    }

    /// <summary>Refuses a file whose header says a size that no picture has.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    internal static void RequireSize(long width, long height)
    {
        if (!IsSize(width, height)) throw new InvalidDataException($"its header says {width}×{height}; {Sizes}");
    }

    /// <summary>Whether a picture can be so large.</summary>
    internal static bool IsSize(long width, long height) => width is >= 1 and <= MaxSide && height is >= 1 and <= MaxSide && width * height <= MaxPixels;

    /// <summary>The picture in the middle of a larger black one.</summary>
    private Picture OnBlack(int width, int height)
    {
        byte[] bytes = new byte[width * height * Channels];
        int stride = Width * Channels, first = ((height - Height) / 2 * width) + ((width - Width) / 2);
        for (int row = 0; row < Height; row++) Bytes.Slice(row * stride, stride).CopyTo(bytes.AsSpan((first + (row * width)) * Channels));
        return new Picture(width, height, Channels, bytes);
    }
}
