namespace CnnEngine.Data;

/// <summary>
/// The augmentation of K. He et al., "Deep Residual Learning for Image Recognition" (2016), section 4.2: each image gets a border of zeros,
/// which are the mean pixel, a window of its old size is cut out somewhere, and half of them are mirrored.
/// </summary>
/// <param name="data">The images; only read, never changed.</param>
/// <param name="border">How many zeros are put on each side: the most by which an image moves.</param>
/// <param name="seed">Chance follows from it.</param>
/// <exception cref="ArgumentException">The images are not C×H×W, or have labels for their pixels, which would have to move with them.</exception>
/// <exception cref="ArgumentOutOfRangeException">The border is negative.</exception>
public sealed class CropAndFlip(IDataset data, int border = 4, long seed = 1)
    : AugmentedDataset(data, new Augmentation { Crop = border, Flip = true }, seed);
