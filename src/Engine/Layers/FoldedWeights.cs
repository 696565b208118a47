namespace CnnEngine.Layers;

/// <summary>Weights and biases with a factor and a shift of each output channel in them: <c>w' = scale·w</c>, <c>b' = scale·b + shift</c>.</summary>
internal static class FoldedWeights
{
    /// <summary>Weights whose first axis is the output's channels.</summary>
    public static Tensor Weight(Parameter weight, ReadOnlySpan<double> scale)
    {
        Tensor folded = Tensor.Zeros(weight.Shape);
        ReadOnlySpan<float> from = weight.Value.Span;
        int length = from.Length / scale.Length;
        for (int i = 0; i < from.Length; i++) folded.Span[i] = (float)(from[i] * scale[i / length]);
        return folded;
    }

    /// <summary>Biases, which are 0 if there were none.</summary>
    public static Tensor Bias(Parameter? bias, ReadOnlySpan<double> scale, ReadOnlySpan<double> shift)
    {
        Tensor folded = Tensor.Zeros(new Shape(scale.Length));
        for (int k = 0; k < scale.Length; k++) folded.Span[k] = (float)((bias is null ? 0 : bias.Value.Span[k] * scale[k]) + shift[k]);
        return folded;
    }
}
