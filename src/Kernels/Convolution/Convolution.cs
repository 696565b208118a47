namespace CnnEngine.Kernels;

/// <summary>
/// Two-dimensional convolution (correlation, as every CNN means it) and its two derivatives. Each call picks the algorithm that
/// is cheapest for its shape. Layouts: images N×C×H×W, filters K×(C/g)×R×S, outputs N×K×H'×W'.
/// </summary>
public static unsafe class Convolution
{
    /// <summary>
    /// <c>y[n,k,i,j] = σ(b[k] + Σ_c Σ_r Σ_s w[k,c,r,s] · x[n,c, i·stride − top + r·dilation, j·stride − left + s·dilation])</c>,
    /// with x = 0 outside the image.
    /// </summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">N·C·H·W numbers.</param>
    /// <param name="w">K·(C/g)·R·S numbers.</param>
    /// <param name="bias">K numbers, or empty for none.</param>
    /// <param name="activation">σ, applied as the sums are written.</param>
    /// <param name="y">Receives N·K·H'·W' numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(
        in ConvShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Activation activation, Span<float> y)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(w.Length, shape.FilterLength, nameof(w));
        if (!bias.IsEmpty) Require.Length(bias.Length, shape.K, nameof(bias));
        Require.Length(y.Length, shape.OutputLength, nameof(y));
        fixed (float* px = x, pw = w, pb = bias, py = y)
            ConvPlanner.Choose(ConvPass.Forward, shape).Forward(shape, px, pw, pb, activation, py);
    }

    /// <summary>
    /// <c>∂x</c> from <c>δ = ∂loss/∂y</c>: the zero-padded delta, spread out by the stride, convolved with the filter rotated by 180°.
    /// </summary>
    /// <param name="shape">The geometry of the forward pass.</param>
    /// <param name="dy">δ, N·K·H'·W' numbers, taken before the activation (<c>∂loss/∂z</c> if y = σ(z)).</param>
    /// <param name="w">K·(C/g)·R·S numbers.</param>
    /// <param name="dx">Receives N·C·H·W numbers; what it held is overwritten.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BackwardInput(in ConvShape shape, ReadOnlySpan<float> dy, ReadOnlySpan<float> w, Span<float> dx)
    {
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(w.Length, shape.FilterLength, nameof(w));
        Require.Length(dx.Length, shape.InputLength, nameof(dx));
        fixed (float* pdy = dy, pw = w, pdx = dx)
            ConvPlanner.Choose(ConvPass.BackwardInput, shape).BackwardInput(shape, pdy, pw, pdx);
    }

    /// <summary>
    /// <c>∂w[k,c,r,s] += Σ_n Σ_i Σ_j δ[n,k,i,j] · x[n,c, i·stride − top + r·dilation, j·stride − left + s·dilation]</c> and
    /// <c>∂b[k] += Σ δ[n,k,·,·]</c>.
    /// </summary>
    /// <param name="shape">The geometry of the forward pass.</param>
    /// <param name="x">N·C·H·W numbers, the forward pass's input.</param>
    /// <param name="dy">δ, N·K·H'·W' numbers.</param>
    /// <param name="dw">K·(C/g)·R·S numbers that the gradient is added to.</param>
    /// <param name="dbias">K numbers that the bias's gradient is added to, or empty for none.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BackwardFilter(in ConvShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, Span<float> dbias)
    {
        Require.Length(x.Length, shape.InputLength, nameof(x));
        Require.Length(dy.Length, shape.OutputLength, nameof(dy));
        Require.Length(dw.Length, shape.FilterLength, nameof(dw));
        if (!dbias.IsEmpty) Require.Length(dbias.Length, shape.K, nameof(dbias));
        fixed (float* px = x, pdy = dy, pdw = dw, pdb = dbias)
            ConvPlanner.Choose(ConvPass.BackwardFilter, shape).BackwardFilter(shape, px, pdy, pdw, pdb);
    }
}
