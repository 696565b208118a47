namespace CnnEngine.Kernels;

/// <summary>The three passes of a convolution.</summary>
public enum ConvPass
{
    /// <summary>Outputs from images and filters.</summary>
    Forward,

    /// <summary>The images' gradient from the outputs' gradient and the filters.</summary>
    BackwardInput,

    /// <summary>The filters' gradient from images and the outputs' gradient.</summary>
    BackwardFilter,
}
