using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>Pooling over windows of each channel, <c>C×H×W → C×H'×W'</c>; nothing is learnt.</summary>
public abstract class PoolingLayer : Layer
{
    private protected PoolingLayer(PoolWindows windows) => Windows = windows;

    /// <summary>Where the windows lie in an image of any size.</summary>
    internal PoolWindows Windows { get; }

    /// <inheritdoc/>
    public override string Kind => "pool";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <summary>Where the windows lie in one image.</summary>
    /// <param name="input">C×H×W.</param>
    /// <exception cref="ArgumentException">An option is out of range, or a window does not fit into the image.</exception>
    public PoolShape Geometry(Shape input) => Geometry(1, input);

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.InputImage();
        PoolShape shape = Geometry(plan.Input());
        return new Shape(shape.C, shape.OutputHeight, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output)
    {
        PoolShape shape = Geometry(input);
        return new LayerCost(0, 0, (long)shape.Window.Height * shape.Window.Width * output.Length);
    }

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output)
    {
        PoolShape shape = Geometry(input);
        return new Footprint(Reach(shape.RowAxis), Reach(shape.ColumnAxis));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}{Windows}";

    private static AxisFootprint Reach(PoolAxis axis)
    {
        if (!axis.IsAdaptive) return new AxisFootprint(axis.Window, axis.Stride, Padding: axis.Before);
        (int inputs, int outputs) = AxisFootprint.Reduce(axis.Size, axis.Outputs);
        return new AxisFootprint(inputs + outputs - 1, inputs, Padding: outputs - 1, Spread: outputs);
    }

    private protected PoolShape Geometry(int images, Shape input) => Windows.On(images, input);
}

/// <summary>Where a pooling's windows lie in an image of any size.</summary>
internal abstract record PoolWindows
{
    /// <summary>The windows on images C×H×W.</summary>
    public abstract PoolShape On(int images, Shape input);

    /// <summary>The options in brackets.</summary>
    public abstract override string ToString();
}

/// <summary>Windows of one size, stride by stride.</summary>
internal sealed record SlidingWindows(Size2 Window, Size2? Stride, Padding Padding, bool CeilMode) : PoolWindows
{
    public override PoolShape On(int images, Shape input) =>
        new(images, input[0], (input[1], input[2]), Window, Stride ?? Window, Padding, CeilMode);

    public override string ToString()
    {
        string text = $"({Window}";
        if (Stride is { } stride && stride != Window) text += $", stride {stride}";
        if (Padding != Padding.Valid) text += $", padding {Padding}";
        return text + (CeilMode ? ", ceil mode)" : ")");
    }
}

/// <summary>One window over the whole image.</summary>
internal sealed record GlobalWindow : PoolWindows
{
    public override PoolShape On(int images, Shape input) => PoolShape.Adaptive(images, input[0], (input[1], input[2]), 1);

    public override string ToString() => "";
}

/// <summary>As many windows as asked for, whatever the image's size.</summary>
internal sealed record AdaptiveWindows(Size2 Output) : PoolWindows
{
    public override PoolShape On(int images, Shape input) => PoolShape.Adaptive(images, input[0], (input[1], input[2]), Output);

    public override string ToString() => $"({Output})";
}
