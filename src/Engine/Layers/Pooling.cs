using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>Pooling over windows of each channel, <c>C×H×W → C×H'×W'</c>; nothing is learnt.</summary>
public abstract class PoolingLayer : Layer
{
    private readonly Size2 _stride;
    private readonly Padding _padding;

    private protected PoolingLayer(Size2 window, Size2? stride, Padding padding) => (Window, _stride, _padding) = (window, stride ?? window, padding);

    /// <summary>The size of a window.</summary>
    public Size2 Window { get; }

    /// <inheritdoc/>
    public override string Kind => "pool";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.InputImage();
        PoolShape shape = Geometry(1, plan.Input());
        return new Shape(shape.C, shape.OutputHeight, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, (long)Window.Height * Window.Width * output.Length);

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Window, _stride, Geometry(1, input).Padding);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = $"{GetType().Name}({Window}";
        if (_stride != Window) text += $", stride {_stride}";
        if (_padding != Padding.Valid) text += $", padding {_padding}";
        return text + ")";
    }

    private protected PoolShape Geometry(int images, Shape input) => new(images, input[0], (input[1], input[2]), Window, _stride, _padding);
}

/// <summary>
/// Max pooling: the forward pass keeps the place of each maximum (the first in row order on a tie), the backward pass sends the
/// whole delta there.
/// </summary>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out, less for overlapping windows.</param>
/// <param name="padding">Rows and columns around the image that never win; less than the window.</param>
public sealed class MaxPool2d(Size2 window, Size2? stride = null, Padding padding = default) : PoolingLayer(window, stride, padding)
{
    private const int ArgMax = 0;

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

/// <summary>Mean pooling: the backward pass spreads each delta evenly over its window, so that the sum of deltas is kept.</summary>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out, less for overlapping windows.</param>
/// <param name="padding">Zeros around the image; less than the window.</param>
public sealed class MeanPool2d(Size2 window, Size2? stride = null, Padding padding = default) : PoolingLayer(window, stride, padding)
{
    /// <summary>Whether zeros of the padding count in the mean, as in PyTorch; true if left out.</summary>
    public bool CountPadding { get; init; } = true;

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanForward(shape, step.Input(), step.Output, CountPadding);
        else MeanPooling.Forward(shape, step.Input(), step.Output, CountPadding);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        PoolShape shape = Geometry(step.Images, step.InputShape());
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanBackward(shape, step.OutputGradient, step.InputGradient(), CountPadding);
        else MeanPooling.Backward(shape, step.OutputGradient, step.InputGradient(), CountPadding);
    }

    /// <inheritdoc/>
    public override string ToString() => CountPadding ? base.ToString() : base.ToString()[..^1] + ", padding not counted)";
}
