using CnnEngine.Graphs;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>Convolutions taken apart into two cheaper ones, as rows of layers to put into a network.</summary>
public static class SeparableConv2d
{
    /// <summary>
    /// Depthwise separable: one R×S filter for each channel, then K 1×1 filters over all channels; <c>R·S·C + C·K</c> weights instead of
    /// <c>R·S·C·K</c>. The first has no bias, which the second's would make up for.
    /// </summary>
    /// <param name="filters">K, the output channels.</param>
    /// <param name="filter">R×S.</param>
    /// <param name="stride">Of the first; 1 if left out.</param>
    /// <param name="padding">Of the first; none if left out.</param>
    public static Sequential Depthwise(int filters, Size2 filter, Size2? stride = null, Padding padding = default) =>
    [
        new DepthwiseConv2d(filter, stride, padding) { HasBias = false },
        new Conv2d(filters, 1),
    ];

    /// <summary>
    /// Spatially separable: K filters of R×1, then K of 1×S; what a filter of R×S of rank 1 computes, a column times a row. The first has no
    /// bias, which the second's would make up for.
    /// </summary>
    /// <param name="filters">K, the output channels.</param>
    /// <param name="filter">R×S.</param>
    /// <param name="stride">Rows in the first, columns in the second; 1 if left out.</param>
    /// <param name="padding">Rows in the first, columns in the second; none if left out.</param>
    public static Sequential Spatial(int filters, Size2 filter, Size2? stride = null, Padding padding = default)
    {
        Size2 steps = stride ?? 1;
        Padding rows = padding.IsSame ? padding : new Padding(padding.Top, padding.Bottom, 0, 0);
        Padding columns = padding.IsSame ? padding : new Padding(0, 0, padding.Left, padding.Right);
        return
        [
            new Conv2d(filters, (filter.Height, 1), (steps.Height, 1), rows) { HasBias = false },
            new Conv2d(filters, (1, filter.Width), (1, steps.Width), columns),
        ];
    }
}
