namespace CnnEngine.Kernels;

/// <summary>Images of channels that are normalised, N×C×H×W or N×C.</summary>
/// <param name="Images">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Plane">The numbers of one channel of one image, H·W; 1 for vectors.</param>
public readonly record struct NormShape(int Images, int Channels, int Plane)
{
    /// <summary>The numbers of one image.</summary>
    public int ImageLength => Channels * Plane;

    /// <summary>The numbers of all images.</summary>
    public long Length => (long)Images * Channels * Plane;

    /// <summary>The numbers of one channel of all images.</summary>
    public long ChannelLength => (long)Images * Plane;
}
