using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// What a batch normalisation does at inference, in training, too: <c>y = γ·(x − μ)/√(σ² + ε) + β</c> with its running means as they are now.
/// Nothing is learnt. Backward: <c>∂x = ∂y·γ/√(σ² + ε)</c>.
/// </summary>
internal sealed class FrozenNormalization : Layer
{
    private readonly float[] _scale;
    private readonly float[] _shift;
    private readonly float[] _zeros;

    public FrozenNormalization(BatchNorm2d normalization)
    {
        (double[] scale, double[] shift) = normalization.Inference();
        (_scale, _shift, _zeros) = (Array.ConvertAll(scale, x => (float)x), Array.ConvertAll(shift, x => (float)x), new float[scale.Length]);
    }

    public override string Kind => "frozen";

    public override bool BackwardReadsInput => false;

    public override Shape Plan(LayerPlan plan) => plan.Input();

    public override void Forward(in Step step) => Scale(step.OutputShape, step.Input(), _shift, step.Output);

    public override void Backward(in Step step)
    {
        if (step.WantsInputGradient()) Scale(step.OutputShape, step.OutputGradient, _zeros, step.InputGradient());
    }

    public override string ToString() => "FrozenNormalization";

    private void Scale(Shape shape, ReadOnlySpan<float> from, ReadOnlySpan<float> shift, Span<float> to) =>
        ChannelAffine.Forward(shape[0], shape.Length / shape[0], from, _scale, shift, to);
}
