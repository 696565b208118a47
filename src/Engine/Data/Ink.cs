using System.Numerics;

namespace CnnEngine.Data;

/// <summary>
/// A sheet on which a pen draws line segments. It keeps for each pixel how deep it lies inside the line nearest to it, so that
/// segments join without seams and edges come out smooth, whatever the pen's width.
/// </summary>
internal sealed class Ink(int size)
{
    private const float Outside = -100;

    private readonly float[] _depth = new float[size * size]; // in pixels: radius of the pen − distance from its path

    public void Clear() => Array.Fill(_depth, Outside);

    /// <summary>Draws from one point to another, both in pixels, with a pen whose radius goes evenly from one value to the other.</summary>
    /// <param name="from">Where the segment begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="fromRadius">Half the line's width at the beginning.</param>
    /// <param name="toRadius">Half the line's width at the end.</param>
    /// <param name="softness">How far outside the line its edge still shows.</param>
    public void Draw(Vector2 from, Vector2 to, float fromRadius, float toRadius, float softness)
    {
        float reach = Math.Max(fromRadius, toRadius) + softness;
        int left = Math.Max(0, (int)(Math.Min(from.X, to.X) - reach)), right = Math.Min(size - 1, (int)(Math.Max(from.X, to.X) + reach));
        int top = Math.Max(0, (int)(Math.Min(from.Y, to.Y) - reach)), bottom = Math.Min(size - 1, (int)(Math.Max(from.Y, to.Y) + reach));
        float dx = to.X - from.X, dy = to.Y - from.Y;
        float perSquare = 1 / Math.Max((dx * dx) + (dy * dy), 1e-6f);
        for (int row = top; row <= bottom; row++)
        {
            float y = row + 0.5f - from.Y;
            for (int column = left; column <= right; column++)
            {
                float x = column + 0.5f - from.X;
                float along = Math.Min(1, Math.Max(0, ((x * dx) + (y * dy)) * perSquare));
                float awayX = x - (along * dx), awayY = y - (along * dy);
                float depth = fromRadius + (along * (toRadius - fromRadius)) - MathF.Sqrt((awayX * awayX) + (awayY * awayY));
                ref float deepest = ref _depth[(row * size) + column];
                if (depth > deepest) deepest = depth;
            }
        }
    }

    /// <summary>Turns depth into brightness: full inside the line, falling to nothing over twice the softness about its edge.</summary>
    /// <param name="image">Receives <c>size×size</c> pixels, white on black.</param>
    /// <param name="softness">Half the width of the edge, in pixels.</param>
    /// <param name="brightness">The brightness of full ink; what is over 255 saturates.</param>
    /// <param name="grain">How much of the brightness an inked pixel can lose by chance, 0 to 1.</param>
    /// <param name="random">Where chance comes from.</param>
    public void Develop(Span<byte> image, float softness, float brightness, float grain, ref SplitMix64 random)
    {
        for (int i = 0; i < _depth.Length; i++)
        {
            float t = Math.Min(1, Math.Max(0, (_depth[i] + softness) / (2 * softness)));
            image[i] = t > 0 ? (byte)Math.Min(255, t * t * (3 - (2 * t)) * brightness * (1 - (grain * random.Between(0, 1)))) : (byte)0;
        }
    }
}
