namespace CnnEngine.Kernels;

/// <summary>Images whose numbers are normalised group by group, N×G×C×P.</summary>
/// <param name="Images">N; for layers that normalise rows of an image, all rows of all images.</param>
/// <param name="Groups">G, the groups of one image.</param>
/// <param name="Channels">C, the channels of a group: each has its own factor and bias.</param>
/// <param name="Plane">P, the numbers of a channel.</param>
public readonly record struct GroupShape(int Images, int Groups, int Channels, int Plane)
{
    /// <summary>The groups of all images.</summary>
    public int Rows => Images * Groups;

    /// <summary>The numbers of one group.</summary>
    public int RowLength => Channels * Plane;

    /// <summary>The factors, and the biases.</summary>
    public int Parameters => Groups * Channels;

    /// <summary>The numbers of all images.</summary>
    public long Length => (long)Rows * RowLength;
}
