namespace CnnEngine.Data;

/// <summary>A rectangle of an image's pixels: rows and columns from the first to before the last.</summary>
internal readonly record struct Box(int Top, int Bottom, int Left, int Right)
{
    /// <summary>The pixels of it.</summary>
    public int Area => (Bottom - Top) * (Right - Left);

    /// <summary>A rectangle about a pixel, as far as it lies in the image.</summary>
    public static Box Around(int row, int column, int height, int width, int imageHeight, int imageWidth)
    {
        int top = row - (height / 2), left = column - (width / 2);
        return new Box(Math.Max(0, top), Math.Min(imageHeight, top + height), Math.Max(0, left), Math.Min(imageWidth, left + width));
    }

    /// <summary>Fills it with zeros.</summary>
    public void Clear(Span<float> plane, int width)
    {
        for (int row = Top; row < Bottom; row++) plane[((row * width) + Left)..((row * width) + Right)].Clear();
    }

    /// <summary>Fills it with another image's pixels.</summary>
    public void Copy(ReadOnlySpan<float> from, Span<float> plane, int width)
    {
        for (int row = Top; row < Bottom; row++) from[((row * width) + Left)..((row * width) + Right)].CopyTo(plane[((row * width) + Left)..]);
    }
}
