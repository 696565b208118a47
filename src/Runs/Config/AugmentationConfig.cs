using CnnEngine.Data;

namespace CnnEngine.Runs;

/// <summary>What becomes of images before they are learnt from, anew in every epoch.</summary>
public sealed record AugmentationConfig
{
    /// <summary>By how many pixels an image may be moved, up, down and sideways; 0 for not at all.</summary>
    public int Crop { get; init; }

    /// <summary>Whether half of the images are mirrored, left and right.</summary>
    public bool Flip { get; init; }

    /// <summary>Images that all this happens to.</summary>
    /// <param name="data">The images as they are.</param>
    /// <param name="seed">Chance follows from it.</param>
    internal IDataset Apply(IDataset data, long seed) => Crop > 0 || Flip ? new CropAndFlip(data, Crop, seed) : data;
}
