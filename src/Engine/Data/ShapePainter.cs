using System.Numerics;

namespace CnnEngine.Data;

/// <summary>
/// Paints one shape of <see cref="SyntheticShapes"/>. A shape is the set of points whose signed distance to its edge is negative, in
/// coordinates in which it reaches from about −1 to 1; what lies within half a pixel of the edge is blended.
/// </summary>
internal static class ShapePainter
{
    /// <summary>The height and the width of an image in pixels.</summary>
    public const int Size = 32;

    private const int Plane = Size * Size;

    /// <inheritdoc cref="Painter"/>
    public static void Draw(int label, ref SplitMix64 random, Span<byte> image)
    {
        Span<float> canvas = stackalloc float[3 * Plane];
        Vector3 back = Color(ref random), front = Contrasting(back, ref random);
        PaintBackground(canvas, back, ref random);
        // Something that has nothing to do with the class: bars that cross the image.
        for (int bars = random.Below(3); bars > 0; bars--) PaintBar(canvas, ref random);
        PaintShape(canvas, label, front, ref random);
        Develop(canvas, random.Between(4, 22), ref random, image);
    }

    private static Vector3 Color(ref SplitMix64 random) => new(random.Between(20, 235), random.Between(20, 235), random.Between(20, 235));

    /// <summary>A colour that can be told from another one.</summary>
    private static Vector3 Contrasting(Vector3 other, ref SplitMix64 random)
    {
        const float Least = 70;
        while (true)
        {
            Vector3 color = Color(ref random), difference = color - other;
            float square = (difference.X * difference.X) + (difference.Y * difference.Y) + (difference.Z * difference.Z);
            if (square >= Least * Least) return color;
        }
    }

    /// <summary>A colour that changes a little from one side to the other.</summary>
    private static void PaintBackground(Span<float> canvas, Vector3 color, ref SplitMix64 random)
    {
        Vector3 right = Drift(ref random), down = Drift(ref random);
        for (int i = 0; i < Plane; i++)
        {
            float x = (i % Size) - (Size / 2), y = (i / Size) - (Size / 2);
            Blend(canvas, i, color + (right * x) + (down * y), 1);
        }

        static Vector3 Drift(ref SplitMix64 random) => new(random.Bell(0.8f), random.Bell(0.8f), random.Bell(0.8f));
    }

    private static void PaintBar(Span<float> canvas, ref SplitMix64 random)
    {
        Vector3 color = Color(ref random);
        Vector2 middle = new(random.Between(0, Size), random.Between(0, Size)), direction = Turn(random.Between(-1, 1));
        float half = random.Between(0.4f, 1.6f), strength = random.Between(0.3f, 0.8f);
        for (int i = 0; i < Plane; i++)
        {
            float x = (i % Size) + 0.5f - middle.X, y = (i / Size) + 0.5f - middle.Y;
            Blend(canvas, i, color, strength * Coverage(Math.Abs((x * direction.Y) - (y * direction.X)) - half));
        }
    }

    private static void PaintShape(Span<float> canvas, int label, Vector3 color, ref SplitMix64 random)
    {
        float radius = random.Between(6.5f, 12), reach = Size - (2 * radius);
        Vector2 middle = new(radius + (reach * random.Between(0.1f, 0.9f)), radius + (reach * random.Between(0.1f, 0.9f)));
        Vector2 direction = Turn(random.Bell(0.12f));
        float squeeze = random.Between(0.85f, 1.15f);
        for (int i = 0; i < Plane; i++)
        {
            float x = ((i % Size) + 0.5f - middle.X) / radius, y = ((i / Size) + 0.5f - middle.Y) / radius;
            float u = ((x * direction.X) + (y * direction.Y)) * squeeze, v = (y * direction.X) - (x * direction.Y);
            Blend(canvas, i, color, Coverage(Distance(label, u, v) * radius));
        }
    }

    /// <summary>How far outside of a shape's edge a point is, negative within.</summary>
    private static float Distance(int label, float u, float v) => label switch
    {
        0 => Disc(u, v, 0.95f),
        1 => Math.Abs(Disc(u, v, 0.75f)) - 0.2f,
        2 => Box(u, v, 0.82f, 0.82f),
        3 => Triangle(u, v),
        4 => Math.Min(Box(u, v, 0.3f, 0.95f), Box(u, v, 0.95f, 0.3f)),
        5 => Math.Max(Disc(u, v, 0.95f), -Disc(u - 0.45f, v, 0.75f)),
        // Two triangles, one upside down.
        6 => Math.Min(Triangle(u, v - 0.1f), Triangle(u, -v - 0.1f)),
        7 => Math.Abs(Box(u, v, 0.7f, 0.7f)) - 0.17f,
        8 => Math.Max(Box(u, v, 0.95f, 0.95f), Wave(v)),
        _ => Math.Max(Box(u, v, 0.95f, 0.95f), Math.Max(Math.Min(Wave(u), Wave(v)), -Math.Max(Wave(u), Wave(v)))),
    };

    private static float Disc(float u, float v, float radius) => MathF.Sqrt((u * u) + (v * v)) - radius;

    private static float Box(float u, float v, float width, float height) => Math.Max(Math.Abs(u) - width, Math.Abs(v) - height);

    private static float Triangle(float u, float v) => Math.Max(v - 0.55f, (Math.Abs(u) * 0.866f) - (v * 0.5f) - 0.5f);

    /// <summary>Two bands of two thirds' distance: negative within them.</summary>
    private static float Wave(float t)
    {
        float phase = (t * 1.5f) + 8.25f;
        return (Math.Abs(phase - MathF.Floor(phase) - 0.5f) - 0.25f) / 1.5f;
    }

    /// <summary>A direction from the tangent of half its angle, without sine and cosine.</summary>
    private static Vector2 Turn(float half) => new((1 - (half * half)) / (1 + (half * half)), 2 * half / (1 + (half * half)));

    private static float Coverage(float distance) => Math.Min(1, Math.Max(0, 0.5f - distance));

    private static void Blend(Span<float> canvas, int pixel, Vector3 color, float share)
    {
        canvas[pixel] += share * (color.X - canvas[pixel]);
        canvas[pixel + Plane] += share * (color.Y - canvas[pixel + Plane]);
        canvas[pixel + (2 * Plane)] += share * (color.Z - canvas[pixel + (2 * Plane)]);
    }

    private static void Develop(ReadOnlySpan<float> canvas, float grain, ref SplitMix64 random, Span<byte> image)
    {
        for (int i = 0; i < canvas.Length; i++) image[i] = (byte)Math.Min(255, Math.Max(0, canvas[i] + random.Bell(grain)));
    }
}
