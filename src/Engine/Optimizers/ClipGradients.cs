using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Optimizers;

/// <summary>
/// Keeps a few huge gradients from undoing what was learnt (R. Pascanu, T. Mikolov, Y. Bengio, 2013), between the backward pass and the
/// optimiser's step.
/// </summary>
public static class ClipGradients
{
    /// <summary>
    /// Makes the gradients of all parameters together no longer than a norm, as PyTorch's clip_grad_norm_: all are multiplied by
    /// <c>min(1, most / (‖g‖ + 10⁻⁶))</c>.
    /// </summary>
    /// <param name="parameters">Whose gradients.</param>
    /// <param name="most">The longest that they may be, above 0.</param>
    /// <returns>‖g‖ before.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is not above 0.</exception>
    public static double ByNorm(IReadOnlyList<Parameter> parameters, float most)
    {
        Check(parameters, most);
        double sum = 0;
        for (int i = 0; i < parameters.Count; i++) sum += GradientClipping.SumOfSquares(parameters[i].Gradient.Span);
        double norm = Math.Sqrt(sum), factor = most / (norm + 1e-6);
        // A norm of NaN is not 1 or more either: it reaches all gradients, and the next loss.
        if (factor >= 1) return norm;
        for (int i = 0; i < parameters.Count; i++) GradientClipping.Scale(parameters[i].Gradient.Span, (float)factor);
        return norm;
    }

    /// <summary>Brings each number of each gradient into −<paramref name="most"/> … <paramref name="most"/>.</summary>
    /// <param name="parameters">Whose gradients.</param>
    /// <param name="most">The largest that a number may be, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is not above 0.</exception>
    public static void ByValue(IReadOnlyList<Parameter> parameters, float most)
    {
        Check(parameters, most);
        for (int i = 0; i < parameters.Count; i++) GradientClipping.Clamp(parameters[i].Gradient.Span, most);
    }

    private static void Check(IReadOnlyList<Parameter> parameters, float most)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(most > 0)) throw new ArgumentOutOfRangeException(nameof(most), most, "gradients are clipped to a number above 0");
    }
}
