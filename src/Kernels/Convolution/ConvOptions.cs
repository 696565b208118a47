namespace CnnEngine.Kernels;

/// <summary>How a filter moves over an image. The defaults are a plain convolution without padding.</summary>
public sealed record ConvOptions
{
    /// <summary>A plain convolution: stride 1, no padding, no dilation, one group.</summary>
    public static ConvOptions Default { get; } = new();

    /// <summary>Rows and columns from one position of the filter to the next.</summary>
    public Size2 Stride { get; init; } = 1;

    /// <summary>Zeros around the image.</summary>
    public Padding Padding { get; init; }

    /// <summary>Rows and columns from one tap of the filter to the next; 1 is a dense filter.</summary>
    public Size2 Dilation { get; init; } = 1;

    /// <summary>Into how many groups input and output channels are cut; as many as channels is a depthwise convolution.</summary>
    public int Groups { get; init; } = 1;
}
