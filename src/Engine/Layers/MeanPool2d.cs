using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Mean and sum pooling: the backward pass spreads each delta evenly over its window; a mean's sum of deltas is kept.
/// </summary>
public abstract class MeanPoolingLayer : PoolingLayer
{
    private protected MeanPoolingLayer(PoolWindows windows)
        : base(windows)
    {
    }

    private protected virtual PoolDivisor Divisor => PoolDivisor.Window;

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanForward(shape, step.Input(), step.Output, Divisor);
        else MeanPooling.Forward(shape, step.Input(), step.Output, Divisor);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanBackward(shape, step.OutputGradient, step.InputGradient(), Divisor);
        else MeanPooling.Backward(shape, step.OutputGradient, step.InputGradient(), Divisor);
    }
}

/// <summary>The mean of each window.</summary>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out, less for overlapping windows.</param>
/// <param name="padding">Zeros around the image; less than the window.</param>
/// <param name="ceilMode">
/// Whether rows and columns that are left over at the end get a window, too, as in PyTorch; what of it lies beyond the padding never counts.
/// </param>
public sealed class MeanPool2d(Size2 window, Size2? stride = null, Padding padding = default, bool ceilMode = false)
    : MeanPoolingLayer(new SlidingWindows(window, stride, padding, ceilMode))
{
    /// <summary>Whether zeros of the padding count in the mean, as in PyTorch; true if left out.</summary>
    public bool CountPadding { get; init; } = true;

    private protected override PoolDivisor Divisor => CountPadding ? PoolDivisor.Window : PoolDivisor.Image;

    /// <inheritdoc/>
    public override string ToString() => CountPadding ? base.ToString() : base.ToString()[..^1] + ", padding not counted)";
}

/// <summary>The sum of each window.</summary>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out, less for overlapping windows.</param>
/// <param name="padding">Zeros around the image; less than the window.</param>
/// <param name="ceilMode">Whether rows and columns that are left over at the end get a window, too, as in PyTorch; false if left out.</param>
public sealed class SumPool2d(Size2 window, Size2? stride = null, Padding padding = default, bool ceilMode = false)
    : MeanPoolingLayer(new SlidingWindows(window, stride, padding, ceilMode))
{
    private protected override PoolDivisor Divisor => PoolDivisor.One;
}

/// <summary>The mean of each channel, <c>C×H×W → C×1×1</c> (Lin et al., <i>Network in Network</i>, 2014).</summary>
public sealed class GlobalMeanPool2d() : MeanPoolingLayer(new GlobalWindow());

/// <summary>The sum of each channel, <c>C×H×W → C×1×1</c>.</summary>
public sealed class GlobalSumPool2d() : MeanPoolingLayer(new GlobalWindow())
{
    private protected override PoolDivisor Divisor => PoolDivisor.One;
}

/// <summary>
/// Mean pooling to an output of the same size for any image: window i holds rows <c>⌊i·H/H'⌋ … ⌈(i + 1)·H/H'⌉</c>, and columns likewise.
/// </summary>
/// <param name="output">H'×W'.</param>
public sealed class AdaptiveMeanPool2d(Size2 output) : MeanPoolingLayer(new AdaptiveWindows(output));
