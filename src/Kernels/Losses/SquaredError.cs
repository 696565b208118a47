namespace CnnEngine.Kernels;

/// <summary>The notes' squared error, <c>½‖a − y‖²</c> for each image.</summary>
public static class SquaredError
{
    /// <summary>The sum of the losses of a batch, and the derivative by the output.</summary>
    /// <param name="output">a, N×F numbers.</param>
    /// <param name="target">y, N×F numbers.</param>
    /// <param name="scale">What the derivative is multiplied by: 1/N for a loss averaged over the batch.</param>
    /// <param name="doutput">Receives <c>scale · (a − y)</c>; may be <paramref name="target"/>.</param>
    /// <returns><c>½ Σ (a − y)²</c>, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double Run(ReadOnlySpan<float> output, ReadOnlySpan<float> target, float scale, Span<float> doutput)
    {
        Require.Length(target.Length, output.Length, nameof(target));
        Require.Length(doutput.Length, output.Length, nameof(doutput));
        double total = 0;
        for (int i = 0; i < output.Length; i++)
        {
            float difference = output[i] - target[i];
            total += 0.5 * difference * difference;
            doutput[i] = scale * difference;
        }
        return total;
    }
}
