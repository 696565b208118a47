using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Softmax over the features, or over the channels of each pixel: <c>y[c] = e^(x[c]) / Σ e^x</c>. Backward: <c>∂x = y·(∂y − Σ ∂y·y)</c>.
/// </summary>
/// <remarks>Cross-entropy takes logits and has its softmax inside: it does not go behind this layer.</remarks>
public sealed class Softmax() : SoftmaxLayer(isLogarithm: false)
{
    /// <inheritdoc/>
    public override string Kind => "softmax";
}

/// <summary>The softmax's logarithm, <c>y[c] = x[c] − log Σ e^x</c>. Backward: <c>∂x = ∂y − e^y·Σ ∂y</c>.</summary>
public sealed class LogSoftmax() : SoftmaxLayer(isLogarithm: true)
{
    /// <inheritdoc/>
    public override string Kind => "logsoftmax";
}

/// <summary>What <see cref="Softmax"/> and <see cref="LogSoftmax"/> have in common.</summary>
public abstract class SoftmaxLayer : Layer
{
    private readonly bool _isLogarithm;

    private protected SoftmaxLayer(bool isLogarithm) => _isLogarithm = isLogarithm;

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool BackwardReadsOutput => true;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step) => ChannelSoftmax.Forward(step.OutputShape[0], Pixels(step), _isLogarithm, step.Input(), step.Output);

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient())
            ChannelSoftmax.Backward(step.OutputShape[0], Pixels(step), _isLogarithm, step.Output, step.OutputGradient, step.InputGradient());
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, 4L * output.Length);

    /// <inheritdoc/>
    public override string ToString() => GetType().Name;

    // In C×H×W×N, the lanes are pixels of one image.
    private static int Pixels(in Step step) =>
        step.OutputShape.Length / step.OutputShape[0] * (step.Layout == BatchLayout.Chwn ? step.Images : 1);
}
