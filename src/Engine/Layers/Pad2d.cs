using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>Zeros around an image, <c>C×H×W → C×(top + H + bottom)×(left + W + right)</c>. Backward: their gradients are dropped.</summary>
/// <param name="padding">How many on each side.</param>
public sealed class Pad2d(Padding padding) : FrameLayer(padding, sign: 1)
{
    /// <inheritdoc/>
    public override string Kind => "pad";
}

/// <summary>Cuts rows and columns off an image, <c>C×H×W → C×(H − top − bottom)×(W − left − right)</c>. Backward: they get no gradient.</summary>
/// <param name="margins">How many on each side.</param>
public sealed class Crop2d(Padding margins) : FrameLayer(margins, sign: -1)
{
    /// <inheritdoc/>
    public override string Kind => "crop";
}

/// <summary>An image seen through a frame that is larger or smaller on each side.</summary>
public abstract class FrameLayer : Layer
{
    private readonly int _sign;

    /// <param name="sides">Rows and columns on each side.</param>
    /// <param name="sign">1 if they are added, −1 if they are cut off.</param>
    private protected FrameLayer(Padding sides, int sign) => (Sides, _sign) = (sides, sign);

    /// <summary>Rows and columns that are added or cut off on each side.</summary>
    public Padding Sides { get; }

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, int height, int width) = plan.InputImage();
        if (Sides.IsSame) throw new ArgumentException("padding is same, which depends on a filter; state the number of each side");
        int rows = height + (_sign * (Sides.Top + Sides.Bottom)), columns = width + (_sign * (Sides.Left + Sides.Right));
        if (rows < 1 || columns < 1) throw new ArgumentException($"margins are {Sides}, the image is {plan.Input()}; something must be left of it");
        return new Shape(channels, rows, columns);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => Run(step, step.InputShape(), step.OutputShape, _sign, step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) Run(step, step.OutputShape, step.InputShape(), -_sign, step.OutputGradient, step.InputGradient());
    }

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) =>
        new(new AxisFootprint(1, Padding: _sign * Sides.Top), new AxisFootprint(1, Padding: _sign * Sides.Left));

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}({Sides.ToString().Trim('(', ')')})";

    private void Run(in Step step, Shape from, Shape to, int sign, ReadOnlySpan<float> x, Span<float> y)
    {
        // In C×H×W×N a pixel is as many columns as there are lanes.
        (int images, int lanes) = step.Layout == BatchLayout.Chwn ? (1, step.Images) : (step.Images, 1);
        Frame.Run(images * from[0], (from[1], from[2] * lanes), (to[1], to[2] * lanes), sign * Sides.Top, sign * Sides.Left * lanes, x, y);
    }
}
