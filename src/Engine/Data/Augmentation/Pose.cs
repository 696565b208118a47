using System.Numerics;

namespace CnnEngine.Data;

/// <summary>How an image comes to lie: rotated and scaled about its middle, moved, then mirrored.</summary>
internal readonly record struct Pose
{
    /// <summary>Pixels by which it is moved.</summary>
    public int Down { get; init; }

    /// <inheritdoc cref="Down"/>
    public int Right { get; init; }

    public bool IsMirrored { get; init; }

    public bool IsUpsideDown { get; init; }

    /// <summary>Degrees, anticlockwise.</summary>
    public float Angle { get; init; }

    /// <summary>Above 1 for larger.</summary>
    public float Scale { get; init; }

    /// <summary>Pixels by which it is moved besides.</summary>
    public Vector2 Shift { get; init; }

    public static Pose Draw(Augmentation augmentation, int height, int width, ref SplitMix64 random) => new()
    {
        Down = random.Below((2 * augmentation.Crop) + 1) - augmentation.Crop,
        Right = random.Below((2 * augmentation.Crop) + 1) - augmentation.Crop,
        IsMirrored = random.Below(2) == 1 && augmentation.Flip,
        IsUpsideDown = random.Below(2) == 1 && augmentation.VerticalFlip,
        Angle = random.Between(-augmentation.Rotation, augmentation.Rotation),
        Scale = random.Between(1 - augmentation.Scale, 1 + augmentation.Scale),
        Shift = new Vector2(
            random.Between(-augmentation.Shift, augmentation.Shift) * width,
            random.Between(-augmentation.Shift, augmentation.Shift) * height),
    };

    /// <summary>From a pixel (x, y) of the new image to its place in the old one: the inverse of what is done, last step first.</summary>
    public Matrix3x2 Source(int height, int width)
    {
        Vector2 middle = new((width - 1) / 2f, (height - 1) / 2f);
        // With y downwards, these angles are clockwise, as is the inverse.
        return Matrix3x2.CreateScale(IsMirrored ? -1 : 1, IsUpsideDown ? -1 : 1, middle)
            * Matrix3x2.CreateTranslation(-new Vector2(Right, Down) - Shift)
            * Matrix3x2.CreateRotation(float.DegreesToRadians(Angle), middle)
            * Matrix3x2.CreateScale(1 / Scale, middle);
    }
}
