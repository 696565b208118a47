using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// LeNet-5's trainable subsampling, <c>C×H×W → C×H'×W'</c>: <c>y[c,i,j] = a[c]·Σ x[c,h,w] + b[c]</c> over the window at (i, j); an activation
/// follows as a layer of its own. Backward, with S for the sums: <c>∂x = a[c]·∂y</c> for each pixel of the window, <c>∂a[c] = Σ ∂y·S</c>,
/// <c>∂b[c] = Σ ∂y</c>.
/// </summary>
/// <remarks>Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998.</remarks>
/// <param name="window">The size of a window.</param>
/// <param name="stride">From one window to the next; the window's size if left out.</param>
public sealed class Subsampling(Size2 window, Size2? stride = null) : Layer
{
    private const int Sums = 0;

    /// <summary>Where the windows lie in an image of any size.</summary>
    internal SlidingWindows Windows { get; } = new(window, stride, default, CeilMode: false);

    /// <summary>How the factors begin; as 1 over the window's size, a mean, if left out.</summary>
    public Initializer Initializer { get; init; } = Initializer.Constant(1f / (window.Height * window.Width));

    /// <summary>The factors a, C.</summary>
    public Parameter? Weight { get; private set; }

    /// <summary>The biases b, C.</summary>
    public Parameter? Bias { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "subsample";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.InputImage();
        PoolShape shape = Windows.On(1, plan.Input());
        int area = Windows.Window.Height * Windows.Window.Width;
        Weight = GetParameter(plan, "weight", new Shape(shape.C), Initializer, area, area);
        Bias = GetParameter(plan, "bias", new Shape(shape.C), Initializer.Zeros, area, area);
        plan.Reserve<float>(shape.C * shape.OutputPlane);
        return new Shape(shape.C, shape.OutputHeight, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        PoolShape shape = Windows.On(step.Images, step.InputShape());
        Span<float> sums = step.Saved<float>(Sums);
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanForward(shape, step.Input(), sums, PoolDivisor.One);
        else MeanPooling.Forward(shape, step.Input(), sums, PoolDivisor.One);
        ChannelAffine.Forward(shape.C, Pixels(step, shape), sums, Weight!.Value.Span, Bias!.Value.Span, step.Output);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        PoolShape shape = Windows.On(step.Images, step.InputShape());
        // The deltas of the sums are written over the sums.
        Span<float> sums = step.Saved<float>(Sums);
        ChannelAffine.Backward(
            shape.C, Pixels(step, shape), sums, Weight!.Value.Span, step.OutputGradient, sums, step.Gradient(Weight), step.Gradient(Bias!));
        if (!step.WantsInputGradient()) return;
        if (step.Layout == BatchLayout.Chwn) ChwnPooling.MeanBackward(shape, sums, step.InputGradient(), PoolDivisor.One);
        else MeanPooling.Backward(shape, sums, step.InputGradient(), PoolDivisor.One);
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => output.Length;

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(output.Length, output.Length, (long)Windows.Window.Height * Windows.Window.Width * output.Length);

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Windows.Window, Windows.Stride ?? Windows.Window, default);

    /// <inheritdoc/>
    public override string ToString() => $"Subsampling{Windows}";

    // Of a channel, in C×H×W×N those of all images.
    private static int Pixels(in Step step, in PoolShape shape) => shape.OutputPlane * (step.Layout == BatchLayout.Chwn ? step.Images : 1);
}
