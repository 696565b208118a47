using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Local response normalisation: each number is divided by <c>(k + α/n · Σ x²)^β</c>, the sum over n channels around its own at the same pixel.
/// AlexNet's, with α for the sum rather than the mean, is <c>new LocalResponseNorm(5, 5 * 1e-4f, 0.75f, 2)</c>.
/// </summary>
/// <remarks>
/// A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012; the constants as in PyTorch.
/// Of an even n one channel more counts before a channel than behind it.
/// </remarks>
/// <param name="size">n.</param>
/// <param name="alpha">α.</param>
/// <param name="beta">β.</param>
/// <param name="k">k.</param>
public sealed class LocalResponseNorm(int size, float alpha = 1e-4f, float beta = 0.75f, float k = 1) : Layer
{
    /// <summary>n, α, β and k.</summary>
    public LocalResponse Options { get; } = new(size, alpha, beta, k);

    /// <inheritdoc/>
    public override string Kind => "lrn";

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (Options.Size < 1) throw new ArgumentException($"the size is {Options.Size}; it must be at least 1");
        plan.InputImage();
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => LocalResponseNormalization.Forward(Geometry(step), Options, step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient())
            LocalResponseNormalization.Backward(Geometry(step), Options, step.Input(), step.OutputGradient, step.InputGradient());
    }

    /// <summary>For each number a square, n sums, and from these a product, a sum, a logarithm, an exponential and a product.</summary>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, (Options.Size + 6L) * output.Length);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = $"LocalResponseNorm({Options.Size}";
        if (Options.Alpha != 1e-4f) text += $", alpha {Options.Alpha}";
        if (Options.Beta != 0.75f) text += $", beta {Options.Beta}";
        if (Options.K != 1) text += $", k {Options.K}";
        return text + ")";
    }

    // In C×H×W×N the images' pixels are those of one image.
    private static NormShape Geometry(in Step step)
    {
        Shape shape = step.OutputShape;
        int plane = shape[1] * shape[2];
        return step.Layout == BatchLayout.Chwn ? new NormShape(1, shape[0], plane * step.Images) : new NormShape(step.Images, shape[0], plane);
    }
}
