namespace CnnEngine.Layers;

/// <summary>
/// Channels of zeros before and behind an image's own, <c>C×H×W → (before + C + after)×H×W</c>: the weightless shortcut of ResNet's
/// option A. Backward: their gradients are dropped.
/// </summary>
/// <param name="before">Channels before the image's, 0 or more.</param>
/// <param name="after">Channels behind them, 0 or more.</param>
public sealed class PadChannels(int before, int after) : Layer
{
    /// <summary>Channels before the image's.</summary>
    public int Before { get; } = before;

    /// <summary>Channels behind them.</summary>
    public int After { get; } = after;

    /// <inheritdoc/>
    public override string Kind => "padchannels";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (Before < 0 || After < 0) throw new ArgumentException($"channels to add are {Before} and {After}; they must be 0 or more");
        (int channels, int height, int width) = plan.InputImage();
        return new Shape(Before + channels + After, height, width);
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        int image = step.InputShape().Length, padded = step.OutputShape.Length, start = Start(step);
        for (int n = 0; n < step.Images; n++)
        {
            Span<float> output = step.Output.Slice(n * padded, padded);
            output[..start].Clear();
            step.Input().Slice(n * image, image).CopyTo(output[start..]);
            output[(start + image)..].Clear();
        }
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        int image = step.InputShape().Length, padded = step.OutputShape.Length, start = Start(step);
        for (int n = 0; n < step.Images; n++)
            step.OutputGradient.Slice((n * padded) + start, image).CopyTo(step.InputGradient().Slice(n * image, image));
    }

    /// <inheritdoc/>
    public override string ToString() => $"PadChannels({Before}, {After})";

    private int Start(in Step step) => Before * step.OutputShape[1] * step.OutputShape[2];
}
