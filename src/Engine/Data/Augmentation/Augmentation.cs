using System.Globalization;
using System.Runtime.CompilerServices;

namespace CnnEngine.Data;

/// <summary>What becomes of images before they are learnt from, anew in every epoch. Whatever is not said stays as it is.</summary>
/// <remarks>
/// In this order: colours; one map of mirroring, moves, rotation, scale and distortion, whose outside is 0, the mean pixel; cutout; mixing
/// with another image to which all this happens, too.
/// </remarks>
/// <example><code>
/// AugmentedDataset train = new(data, new Augmentation { Crop = 4, Flip = true, Cutout = 16 });
/// </code></example>
public sealed record Augmentation
{
    private const int MostPixels = 1 << 16;

    /// <summary>
    /// The most pixels by which an image is moved, up or down and sideways: a window of its old size is cut out of it with a border of so many
    /// zeros (K. He et al., "Deep Residual Learning for Image Recognition", 2016, section 4.2).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or above 65536.</exception>
    public int Crop { get; init => field = Pixels(value); }

    /// <summary>Whether half of the images are mirrored, left and right.</summary>
    public bool Flip { get; init; }

    /// <summary>Whether half of the images are mirrored, top and bottom.</summary>
    public bool VerticalFlip { get; init; }

    /// <summary>The most degrees by which an image is rotated about its middle, either way.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 180.</exception>
    public float Rotation { get; init => field = Number(value, 180); }

    /// <summary>The most by which an image is moved, as a share of its height and width, not by whole pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1.</exception>
    public float Shift { get; init => field = Number(value, 1); }

    /// <summary>By which share an image is made larger or smaller at most: s for a factor from 1 − s to 1 + s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 0.9.</exception>
    public float Scale { get; init => field = Number(value, 0.9f); }

    /// <summary>How images are bent; null for not at all.</summary>
    public ElasticDistortion? Elastic { get; init; }

    /// <summary>
    /// The side in pixels of a square of zeros whose middle is anywhere in the image (T. DeVries, G. Taylor, "Improved Regularization of
    /// Convolutional Neural Networks with Cutout", 2017); 0 for none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or above 65536.</exception>
    public int Cutout { get; init => field = Pixels(value); }

    /// <summary>By which share pixels are made brighter or darker at most: they are multiplied by 1 − b to 1 + b.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1.</exception>
    public float Brightness { get; init => field = Number(value, 1); }

    /// <summary>The same for the contrast: pixels' differences from the image's mean grey.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1.</exception>
    public float Contrast { get; init => field = Number(value, 1); }

    /// <summary>The same for the saturation: pixels' differences from their own grey. Grey images have none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1.</exception>
    public float Saturation { get; init => field = Number(value, 1); }

    /// <summary>
    /// α of the Beta(α, α) distribution of the share λ in λ·image + (1 − λ)·another (H. Zhang et al., "mixup: Beyond Empirical Risk
    /// Minimization", 2018); 0 for no mixing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1000.</exception>
    public float Mixup { get; init => field = Number(value, 1000); }

    /// <summary>
    /// α of the Beta(α, α) distribution of the share λ of an image that is left when a rectangle of another one is laid over it (S. Yun et al.,
    /// "CutMix", 2019); 0 for no mixing. With both kinds of mixing, half of the images are mixed in either way.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 to 1000.</exception>
    public float Cutmix { get; init => field = Number(value, 1000); }

    /// <summary>Whether anything happens at all.</summary>
    internal bool IsOn => this != Nothing;

    /// <summary>Whether images have two labels and a share, as <see cref="Losses.MixedCrossEntropy"/> takes them.</summary>
    internal bool IsMixed => Mixup > 0 || Cutmix > 0;

    /// <summary>Whether there is more of geometry than moves by whole pixels and mirroring.</summary>
    internal bool IsWarp => Rotation > 0 || Shift > 0 || Scale > 0 || Elastic is not null;

    internal bool IsColour => Brightness > 0 || Contrast > 0 || Saturation > 0;

    private static Augmentation Nothing { get; } = new();

    /// <summary>As in <c>moved by up to 4 pixels, mirrored</c>; empty if nothing happens.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        if (Crop > 0) parts.Add(Crop == 1 ? "moved by up to 1 pixel" : Invariant($"moved by up to {Crop} pixels"));
        if (Flip) parts.Add("mirrored");
        if (VerticalFlip) parts.Add("mirrored top and bottom");
        if (Rotation > 0) parts.Add(Invariant($"rotated by up to {Rotation}°"));
        if (Shift > 0) parts.Add(Invariant($"shifted by up to {Shift} of the sides"));
        if (Scale > 0) parts.Add(Invariant($"scaled by {1 - Scale} to {1 + Scale}"));
        if (Elastic is { } elastic) parts.Add(Invariant($"bent with α {elastic.Alpha} and σ {elastic.Sigma}"));
        if (Cutout > 0) parts.Add(Invariant($"cutout of {Cutout}×{Cutout}"));
        if (IsColour) parts.Add(Invariant($"brightness, contrast and saturation changed by up to {Brightness}, {Contrast} and {Saturation}"));
        if (Mixup > 0) parts.Add(Invariant($"mixup with α {Mixup}"));
        if (Cutmix > 0) parts.Add(Invariant($"cutmix with α {Cutmix}"));
        return string.Join(", ", parts);

        static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Checks a number; it is named as in a configuration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    internal static float Checked(float value, float least, float most, string key) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException($"augmentation.{key}", value, string.Create(CultureInfo.InvariantCulture, $"it must be {least} to {most}"));

    private static float Number(float value, float most, [CallerMemberName] string name = "") => Checked(value, 0, most, Key(name));

    private static int Pixels(int value, [CallerMemberName] string name = "") => value is >= 0 and <= MostPixels
        ? value
        : throw new ArgumentOutOfRangeException($"augmentation.{Key(name)}", value, $"it must be a number of pixels, 0 to {MostPixels}");

    private static string Key(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}

/// <summary>
/// Each pixel is taken from another place, which is displaced evenly by up to α pixels either way, the displacements then smoothed by a
/// Gaussian (P. Simard, D. Steinkraus, J. Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
/// 2003, section 2).
/// </summary>
public sealed record ElasticDistortion
{
    /// <summary>α, how far pixels would be displaced before smoothing, 0 to 100000; 34 if left out, the paper's for digits of 29×29.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public float Alpha { get; init => field = Augmentation.Checked(value, 0, 100_000, "elastic.alpha"); } = 34;

    /// <summary>σ, the Gaussian's deviation in pixels, 0.1 to 1000; 4 if left out. It is cut off at 3σ.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public float Sigma { get; init => field = Augmentation.Checked(value, 0.1f, 1000, "elastic.sigma"); } = 4;
}
