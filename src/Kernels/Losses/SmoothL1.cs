namespace CnnEngine.Kernels;

/// <summary>
/// The smooth absolute error of boxes (R. Girshick, "Fast R-CNN", 2015, equation 3), as PyTorch has it: with <c>d = y − t</c>,
/// <c>loss = d² / 2β</c> where |d| is below β, and <c>|d| − β/2</c> elsewhere; the derivative is <c>d/β</c>, limited to −1 … 1.
/// </summary>
public static class SmoothL1
{
    /// <summary>The sum of the losses, and the derivative by the output.</summary>
    /// <param name="output">y.</param>
    /// <param name="target">t, one for each number of the output.</param>
    /// <param name="scale">What the derivative is multiplied by.</param>
    /// <param name="doutput">Receives <c>scale · weight · ∂loss/∂y</c>; may be <paramref name="target"/>.</param>
    /// <param name="weights">What each number's loss is multiplied by, such as 0 where there is no target; empty for 1 throughout.</param>
    /// <param name="beta">β, from which difference on the loss grows evenly; 0 is the absolute error.</param>
    /// <returns><c>Σ weight · loss</c>, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="beta"/> is negative or not a number.</exception>
    public static double Run(
        ReadOnlySpan<float> output, ReadOnlySpan<float> target, float scale, Span<float> doutput, ReadOnlySpan<float> weights = default, float beta = 1)
    {
        Require.Length(target.Length, output.Length, nameof(target));
        Require.Length(doutput.Length, output.Length, nameof(doutput));
        if (!weights.IsEmpty) Require.Length(weights.Length, output.Length, nameof(weights));
        if (!(beta >= 0)) throw new ArgumentOutOfRangeException(nameof(beta), beta, "beta is 0 or more");
        double total = 0;
        for (int i = 0; i < output.Length; i++)
        {
            float weight = weights.IsEmpty ? 1 : weights[i], difference = output[i] - target[i], distance = Math.Abs(difference);
            bool isNear = distance < beta;
            if (weight != 0) total += weight * (isNear ? (double)difference * difference / (2 * beta) : distance - (0.5 * beta));
            // NaN is no sign, but must go on.
            float slope = isNear ? difference / beta : float.IsNaN(difference) ? difference : Math.Sign(difference);
            doutput[i] = weight == 0 ? 0 : scale * weight * slope;
        }
        return total;
    }
}
