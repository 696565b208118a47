using System.Numerics;

namespace CnnEngine.Data;

/// <summary>
/// One digit's way from a model to a hand's rendering of it: unsteady, slanted, squeezed, turned, fitted into MNIST's frame, drawn
/// with a pen of some width. One instance serves one thread. All arithmetic is single additions, multiplications, divisions and
/// square roots, which IEEE 754 defines to the last bit; <c>Vector2.Lerp</c> is left out because it fuses two of them where the
/// processor can.
/// </summary>
internal sealed class Handwriting
{
    /// <summary>The height and the width of an image in pixels.</summary>
    public const int Size = 28;

    private const int StepsPerSpan = 4;
    private const int MostPoints = 16; // of any stroke
    private const float Frame = 20; // the box that MNIST fits its digits into, in pixels

    private readonly Ink _ink = new(Size);
    private readonly List<Vector2> _path = [];
    private readonly List<int> _strokeEnds = [];

    /// <summary>Draws a digit as the random numbers have it.</summary>
    /// <param name="digit">0 to 9.</param>
    /// <param name="random">Where all chance comes from.</param>
    /// <param name="image">Receives 28×28 pixels, white on black.</param>
    public void Draw(int digit, ref SplitMix64 random, Span<byte> image)
    {
        ReadOnlySpan<Stroke[]> shapes = DigitShapes.Of(digit);
        Trace(shapes[random.Below(shapes.Length)], ref random);
        Wobble(ref random);
        SlantAndTurn(digit, ref random);
        FitFrame(ref random);
        Develop(ref random, image);
    }

    /// <summary>Follows the strokes, missing each point by a little, as Catmull-Rom curves (Catmull, Rom, 1974).</summary>
    private void Trace(Stroke[] strokes, ref SplitMix64 random)
    {
        _path.Clear();
        _strokeEnds.Clear();
        float carelessness = random.Between(0.8f, 3.8f);
        Span<Vector2> points = stackalloc Vector2[MostPoints];
        foreach (Stroke stroke in strokes)
        {
            int count = stroke.Points.Length;
            for (int i = 0; i < count; i++)
                points[i] = stroke.Points[i] + new Vector2(random.Bell(carelessness), random.Bell(carelessness));
            // The pen comes down late or goes up early.
            points[0] += (points[1] - points[0]) * random.Between(-0.15f, 0.25f);
            points[count - 1] += (points[count - 2] - points[count - 1]) * random.Between(-0.2f, 0.3f);
            for (int i = 0; i + 1 < count; i++)
            {
                Vector2 chord = points[i + 1] - points[i];
                Vector2 leaving = i == 0 || stroke.Corners[i] ? chord : (points[i + 1] - points[i - 1]) / 2;
                Vector2 arriving = i + 2 == count || stroke.Corners[i + 1] ? chord : (points[i + 2] - points[i]) / 2;
                for (int step = i == 0 ? 0 : 1; step <= StepsPerSpan; step++)
                    _path.Add(Hermite(points[i], leaving, points[i + 1], arriving, (float)step / StepsPerSpan));
            }
            _strokeEnds.Add(_path.Count);
        }
    }

    /// <summary>Bends the sheet: both coordinates move by a cubic polynomial of both, so that near points move alike.</summary>
    private void Wobble(ref SplitMix64 random)
    {
        float strength = random.Between(1, 7);
        Span<Vector2> bends = stackalloc Vector2[7];
        foreach (ref Vector2 bend in bends) bend = new Vector2(random.Bell(strength), random.Bell(strength));
        for (int i = 0; i < _path.Count; i++)
        {
            float x = (_path[i].X - 30) / 30, y = (_path[i].Y - 50) / 50;
            _path[i] += (bends[0] * (x * y)) + (bends[1] * (x * x)) + (bends[2] * (y * y))
                + (bends[3] * (x * x * y)) + (bends[4] * (x * y * y)) + (bends[5] * (x * x * x)) + (bends[6] * (y * y * y));
        }
    }

    private void SlantAndTurn(int digit, ref SplitMix64 random)
    {
        float width = random.Between(0.7f, 1.5f);
        // Most people write with a slant to the right, and a 1 can lie the farthest over.
        float slant = 0.16f + random.Bell(digit == 1 ? 0.32f : 0.2f);
        // A turn without sine and cosine, from the tangent of half its angle.
        float half = random.Bell(0.06f);
        float cosine = (1 - (half * half)) / (1 + (half * half)), sine = 2 * half / (1 + (half * half));
        for (int i = 0; i < _path.Count; i++)
        {
            float y = _path[i].Y - 50, x = ((_path[i].X - 30) * width) - (slant * y);
            _path[i] = new Vector2((x * cosine) - (y * sine), (x * sine) + (y * cosine));
        }
    }

    /// <summary>Scales the longer side to MNIST's frame, and puts the centre of mass in the middle, each only about.</summary>
    private void FitFrame(ref SplitMix64 random)
    {
        Vector2 low = _path[0], high = _path[0], sum = Vector2.Zero;
        foreach (Vector2 point in _path)
        {
            low = Vector2.Min(low, point);
            high = Vector2.Max(high, point);
            sum += point;
        }
        Vector2 extent = high - low;
        float scale = (Frame - 2.5f + random.Bell(1.1f)) / Math.Max(extent.X, extent.Y);
        Vector2 middle = new((Size / 2) + random.Bell(0.9f), (Size / 2) + random.Bell(0.9f));
        Vector2 centre = ((sum / _path.Count) + ((low + high) / 2)) / 2;
        for (int i = 0; i < _path.Count; i++) _path[i] = ((_path[i] - centre) * scale) + middle;
    }

    private void Develop(ref SplitMix64 random, Span<byte> image)
    {
        float radius = random.Between(0.7f, 1.5f) + Math.Abs(random.Bell(0.35f));
        float softness = random.Between(0.5f, 0.9f);
        _ink.Clear();
        int first = 0;
        foreach (int end in _strokeEnds)
        {
            float from = radius * (1 + random.Bell(0.14f)), to = radius * (1 + random.Bell(0.14f));
            float slope = (to - from) / (end - first);
            for (int i = first; i + 1 < end; i++)
                _ink.Draw(_path[i], _path[i + 1], from + (slope * (i - first)), from + (slope * (i + 1 - first)), softness);
            first = end;
        }
        _ink.Develop(image, softness, random.Between(225, 340), random.Between(0, 0.25f), ref random);
    }

    /// <summary>The cubic that starts and ends at two points with two velocities, at time <paramref name="t"/> of 0 to 1.</summary>
    private static Vector2 Hermite(Vector2 start, Vector2 leaving, Vector2 end, Vector2 arriving, float t)
    {
        float t2 = t * t, t3 = t2 * t;
        return (start * ((2 * t3) - (3 * t2) + 1)) + (leaving * (t3 - (2 * t2) + t))
            + (end * ((3 * t2) - (2 * t3))) + (arriving * (t3 - t2));
    }
}
