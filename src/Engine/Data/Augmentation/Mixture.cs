using System.Numerics.Tensors;

namespace CnnEngine.Data;

/// <summary>An image and another one: added up (mixup), or a rectangle of the other laid over it (cutmix).</summary>
internal readonly struct Mixture
{
    /// <summary>The share of the whole.</summary>
    public const int Whole = 1 << 16;

    private readonly Box? _box;

    private Mixture(int other, int share, Box? box) => (Other, Share, _box) = (other, share, box);

    /// <summary>The other image's number.</summary>
    public int Other { get; }

    /// <summary>The first image's share in 1/65536.</summary>
    public int Share { get; }

    public static Mixture Draw(Augmentation augmentation, int index, int count, int height, int width, ref SplitMix64 random)
    {
        // Not the same one again, if there are others.
        int other = count == 1 ? index : (int)((index + 1L + random.Below(count - 1)) % count);
        bool isAdded = random.Below(2) == 0;
        if (augmentation.Cutmix == 0 || (isAdded && augmentation.Mixup > 0)) return new Mixture(other, (int)Math.Round(random.Beta(augmentation.Mixup) * Whole), null);

        double side = Math.Sqrt(1 - random.Beta(augmentation.Cutmix));
        Box box = Box.Around(random.Below(height), random.Below(width), (int)Math.Round(side * height), (int)Math.Round(side * width), height, width);
        // What of the rectangle lies in the image counts.
        return new Mixture(other, (int)Math.Round(Whole * (1 - (box.Area / ((double)height * width)))), box);
    }

    /// <summary>Makes an image the mixture of it and the other one, both C×H×W.</summary>
    public void Apply(Span<float> image, Span<float> other, int height, int width)
    {
        if (_box is { } box)
        {
            for (int first = 0; first < image.Length; first += height * width) box.Copy(other.Slice(first, height * width), image.Slice(first, height * width), width);
            return;
        }
        float share = Share / (float)Whole;
        TensorPrimitives.Multiply(other, 1 - share, other);
        TensorPrimitives.MultiplyAdd(image, share, other, image);
    }
}
