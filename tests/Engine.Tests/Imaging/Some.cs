using CnnEngine.Imaging;

namespace CnnEngine.Tests.Imaging;

/// <summary>Pictures to test with.</summary>
internal static class Some
{
    /// <summary>Random pixels, the same at every run.</summary>
    public static Picture Picture(int width, int height, int channels)
    {
        byte[] bytes = new byte[width * height * channels];
        new Random(width + height).NextBytes(bytes);
        return new Picture(width, height, channels, bytes);
    }

    public static void AssertSame(Picture expected, Picture actual)
    {
        Assert.Equal((expected.Width, expected.Height, expected.Channels), (actual.Width, actual.Height, actual.Channels));
        Assert.Equal(expected.Bytes.ToArray(), actual.Bytes.ToArray());
    }
}
