namespace CnnEngine.Imaging;

/// <summary>How a picture of one size becomes one of another.</summary>
public enum Interpolation
{
    /// <summary>Between the nearest pixels; of a picture that shrinks, over all that a new pixel covers (a triangle's weights).</summary>
    Bilinear,

    /// <summary>The nearest pixel alone: for pixels that are numbers of classes, say.</summary>
    Nearest,
}
