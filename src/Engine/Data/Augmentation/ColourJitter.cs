namespace CnnEngine.Data;

/// <summary>
/// Changes brightness, contrast and saturation, in this order, of pixels from 0 to 1, which they do not leave; as torchvision's ColorJitter,
/// but for its order. Grey is 0.299·red + 0.587·green + 0.114·blue (ITU-R BT.601).
/// </summary>
internal sealed class ColourJitter(Augmentation augmentation, Normalization normalization)
{
    private static readonly float[] GreyOfColours = [0.299f, 0.587f, 0.114f], GreyOfGrey = [1];

    private readonly float[] _grey = normalization.Channels == 3 ? GreyOfColours : GreyOfGrey;

    /// <summary>Draws three factors and changes an image by them.</summary>
    /// <param name="image">C×H×W normalised numbers.</param>
    /// <param name="random">Where chance comes from.</param>
    public void Run(Span<float> image, ref SplitMix64 random)
    {
        float brightness = Factor(augmentation.Brightness, ref random), contrast = Factor(augmentation.Contrast, ref random), saturation = Factor(augmentation.Saturation, ref random);
        Run(image, brightness, contrast, saturation);
    }

    /// <summary>Changes an image by factors; 1 for as it was.</summary>
    public void Run(Span<float> image, float brightness, float contrast, float saturation)
    {
        int channels = normalization.Channels, plane = image.Length / channels;
        double sum = 0;
        for (int c = 0; c < channels; c++)
        {
            (float mean, float deviation) = (normalization.Mean[c], normalization.Deviation[c]);
            double ofChannel = 0;
            foreach (ref float p in image.Slice(c * plane, plane))
            {
                p = InRange(((p * deviation) + mean) * brightness);
                ofChannel += p;
            }
            sum += _grey[c] * ofChannel;
        }
        float middle = (float)(sum / plane);
        foreach (ref float p in image) p = InRange(middle + (contrast * (p - middle)));
        if (channels == 3) Saturate(image[..plane], image.Slice(plane, plane), image.Slice(2 * plane, plane), saturation);
        for (int c = 0; c < channels; c++)
        {
            (float mean, float deviation) = (normalization.Mean[c], normalization.Deviation[c]);
            foreach (ref float p in image.Slice(c * plane, plane)) p = (p - mean) / deviation;
        }
    }

    private void Saturate(Span<float> red, Span<float> green, Span<float> blue, float factor)
    {
        green = green[..red.Length];
        blue = blue[..red.Length];
        for (int i = 0; i < red.Length; i++)
        {
            float grey = (_grey[0] * red[i]) + (_grey[1] * green[i]) + (_grey[2] * blue[i]);
            red[i] = InRange(grey + (factor * (red[i] - grey)));
            green[i] = InRange(grey + (factor * (green[i] - grey)));
            blue[i] = InRange(grey + (factor * (blue[i] - grey)));
        }
    }

    private static float Factor(float most, ref SplitMix64 random) => random.Between(1 - most, 1 + most);

    private static float InRange(float p) => float.MinNative(float.MaxNative(p, 0), 1);
}
