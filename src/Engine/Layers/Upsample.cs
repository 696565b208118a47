using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>How pixels between pixels are made up.</summary>
public enum Interpolation
{
    /// <summary>As the nearest pixel, <c>y[i] = x[⌊i·H/H'⌋]</c>.</summary>
    Nearest,

    /// <summary>
    /// As the mean of the nearest pixels by their distance from <c>(i + ½)·H/H' − ½</c>, on both axes (PyTorch's bilinear with
    /// <c>align_corners=False</c>).
    /// </summary>
    Bilinear,
}

/// <summary>Up-sampling, <c>C×H×W → C×H'×W'</c>. Backward: each pixel gets ∂y of what was made of it, by its weight.</summary>
public sealed class Upsample : Layer
{
    /// <summary>Describes up-sampling by a factor.</summary>
    /// <param name="factor">Rows and columns of output for each of the image.</param>
    /// <param name="interpolation">How; to the nearest pixel if left out.</param>
    public Upsample(Size2 factor, Interpolation interpolation = Interpolation.Nearest) => (Factor, Interpolation) = (factor, interpolation);

    private Upsample(Interpolation interpolation, Size2 size) => (Interpolation, Size) = (interpolation, size);

    /// <summary>Describes up-sampling to one size, whatever the image's.</summary>
    /// <param name="size">H'×W', no less than the image's.</param>
    /// <param name="interpolation">How; to the nearest pixel if left out.</param>
    public static Upsample ToSize(Size2 size, Interpolation interpolation = Interpolation.Nearest) => new(interpolation, size);

    /// <summary>How pixels between pixels are made up.</summary>
    public Interpolation Interpolation { get; }

    /// <summary>Rows and columns of output for each of the image; 0 where the size is given.</summary>
    public Size2 Factor { get; }

    /// <summary>H'×W', whatever the image's size; null where the factor is given.</summary>
    public Size2? Size { get; }

    /// <inheritdoc/>
    public override string Kind => "upsample";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.InputImage();
        if (Size is null && (Factor.Height < 1 || Factor.Width < 1)) throw new ArgumentException($"the factor is {Factor}; both numbers must be at least 1");
        ResizeShape shape = Geometry(1, plan.Input());
        return new Shape(shape.C, shape.Output.Height, shape.Output.Width);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        ResizeShape shape = Geometry(step.Images, step.InputShape());
        switch (Interpolation, step.Layout)
        {
            case (Interpolation.Nearest, BatchLayout.Nchw): NearestUpsampling.Forward(shape, step.Input(), step.Output); break;
            case (Interpolation.Nearest, _): ChwnUpsampling.NearestForward(shape, step.Input(), step.Output); break;
            case (_, BatchLayout.Nchw): BilinearUpsampling.Forward(shape, step.Input(), step.Output); break;
            default: ChwnUpsampling.BilinearForward(shape, step.Input(), step.Output); break;
        }
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        ResizeShape shape = Geometry(step.Images, step.InputShape());
        switch (Interpolation, step.Layout)
        {
            case (Interpolation.Nearest, BatchLayout.Nchw): NearestUpsampling.Backward(shape, step.OutputGradient, step.InputGradient()); break;
            case (Interpolation.Nearest, _): ChwnUpsampling.NearestBackward(shape, step.OutputGradient, step.InputGradient()); break;
            case (_, BatchLayout.Nchw): BilinearUpsampling.Backward(shape, step.OutputGradient, step.InputGradient()); break;
            default: ChwnUpsampling.BilinearBackward(shape, step.OutputGradient, step.InputGradient()); break;
        }
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape input, Shape output) => // bilinear: four products for each number of the output
        Interpolation == Interpolation.Bilinear ? 4L * output.Length : 0;

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => new(Reach(input[1], output[1]), Reach(input[2], output[2]));

    /// <inheritdoc/>
    public override string ToString() =>
        $"Upsample({(Size is { } size ? $"to {size}" : Factor)}{(Interpolation == Interpolation.Bilinear ? ", bilinear" : "")})";

    private ResizeShape Geometry(int images, Shape input) =>
        new(images, input[0], (input[1], input[2]), Size ?? (checked(input[1] * Factor.Height), checked(input[2] * Factor.Width)));

    // With h inputs for each q outputs, bilinear output i lies at (2h·i + h − q)/2q and sees what is less than 1 away.
    private AxisFootprint Reach(int size, int outputs)
    {
        (int h, int q) = AxisFootprint.Reduce(size, outputs);
        if (Interpolation == Interpolation.Nearest) return new AxisFootprint(q, h, Padding: q - 1, Spread: q);
        return (q - h) % 2 == 0
            ? new AxisFootprint((2 * q) - 1, h, Padding: q - 1 + ((q - h) / 2), Spread: q)
            : new AxisFootprint(2 * q, h, Padding: q + ((q - h - 1) / 2), Spread: q);
    }
}
