using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Max pooling: the forward pass keeps the place of each maximum (the first in row order on a tie; NaN wins), the backward pass sends the
/// whole delta there.
/// </summary>
public abstract class MaxPoolingLayer : PoolingLayer
{
    private const int ArgMax = 0;

    private protected MaxPoolingLayer(PoolWindows windows)
        : base(windows)
    {
    }

    internal override bool PicksFromInput => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        Shape output = base.Plan(plan);
        plan.Reserve<int>(output.Length);
        return output;
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MaxForward(shape, step.Input(), step.Output, step.Saved<int>(ArgMax));
        else MaxPooling.Forward(shape, step.Input(), step.Output, step.Saved<int>(ArgMax));
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MaxBackward(shape, step.OutputGradient, step.Saved<int>(ArgMax), step.InputGradient());
        else MaxPooling.Backward(shape, step.OutputGradient, step.Saved<int>(ArgMax), step.InputGradient());
    }
}

/// <summary>The maximum of each window.</summary>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out, less for overlapping windows.</param>
/// <param name="padding">Rows and columns around the image that never win; less than the window.</param>
/// <param name="ceilMode">Whether rows and columns that are left over at the end get a window, too, as in PyTorch; false if left out.</param>
public sealed class MaxPool2d(Size2 window, Size2? stride = null, Padding padding = default, bool ceilMode = false)
    : MaxPoolingLayer(new SlidingWindows(window, stride, padding, ceilMode));

/// <summary>The maximum of each channel, <c>C×H×W → C×1×1</c>.</summary>
public sealed class GlobalMaxPool2d() : MaxPoolingLayer(new GlobalWindow());

/// <summary>
/// Max pooling to an output of the same size for any image: window i holds rows <c>⌊i·H/H'⌋ … ⌈(i + 1)·H/H'⌉</c>, and columns likewise.
/// </summary>
/// <param name="output">H'×W'.</param>
public sealed class AdaptiveMaxPool2d(Size2 output) : MaxPoolingLayer(new AdaptiveWindows(output));
