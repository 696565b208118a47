using CnnEngine.Imaging;

namespace Filters;

/// <summary>A picture to try filters on, drawn by code: even ground, slopes of brightness, edges of all directions, and fine patterns.</summary>
internal static class TestPicture
{
    private const int Width = 192;
    private const int Height = 128;

    public static Picture Draw()
    {
        byte[] bytes = new byte[Width * Height * 3];
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
            {
                (int red, int green, int blue) = House(x, y) ?? Meadow(x, y) ?? Mountains(x, y) ?? Sky(x, y);
                int at = ((y * Width) + x) * 3;
                (bytes[at], bytes[at + 1], bytes[at + 2]) = ((byte)red, (byte)green, (byte)blue);
            }
        return new Picture(Width, Height, 3, bytes);
    }

    /// <summary>Roof, window and wall, which has lines.</summary>
    private static (int, int, int)? House(int x, int y)
    {
        if (y is >= 44 and < 70 && Math.Abs(x - 140) <= y - 40) return (150, 40, 30);
        if (x is < 116 or >= 164 || y is < 70 or >= 100) return null;
        if (x is < 132 or >= 148 || y is < 78 or >= 92) return y % 6 == 0 ? (150, 130, 100) : (210, 190, 150);
        return x is 139 or 140 || y is 84 or 85 ? (250, 250, 250) : (30, 50, 90);
    }

    /// <summary>Grass that gets lighter, with a path of black and white squares.</summary>
    private static (int, int, int)? Meadow(int x, int y)
    {
        if (y < 100) return null;
        if (x is < 96 or >= 160 || y is < 106 or >= 122) return (40, 120 + ((y - 100) * 2), 50);
        return ((x / 8) + ((y - 106) / 8)) % 2 == 0 ? (240, 240, 240) : (20, 20, 20);
    }

    private static (int, int, int)? Mountains(int x, int y)
    {
        if (y > 78 + (Math.Abs(x - 18) / 2)) return (70, 75, 95);
        if (y > 62 + (Math.Abs(x - 70) * 2 / 3)) return y < 72 ? (250, 250, 255) : (90, 90, 110);
        return null;
    }

    /// <summary>A sun with a ring, before blue that gets lighter downwards.</summary>
    private static (int, int, int) Sky(int x, int y)
    {
        int fromSun = ((x - 46) * (x - 46)) + ((y - 30) * (y - 30));
        if (fromSun < 15 * 15) return (255, 225, 90);
        return fromSun is > 19 * 19 and < 21 * 21 ? (255, 240, 190) : (70 + y, 130 + y, 235);
    }
}
