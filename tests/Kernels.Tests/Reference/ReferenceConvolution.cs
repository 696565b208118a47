namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>
/// The double-precision twin of the convolution: the specification's sums as nested loops. Only the numbers of the geometry are
/// taken from <see cref="ConvShape"/>; the output size is worked out again here.
/// </summary>
internal static class ReferenceConvolution
{
    /// <summary><c>⌊(size + padding − dilation·(window − 1) − 1) / stride⌋ + 1</c>.</summary>
    public static int OutputSize(int size, int padding, int window, int stride, int dilation) =>
        (int)Math.Floor((size + padding - (dilation * (window - 1)) - 1) / (double)stride) + 1;

    /// <summary>H' of the formula above.</summary>
    public static int OutputHeight(in ConvShape shape) =>
        OutputSize(shape.H, shape.Padding.Top + shape.Padding.Bottom, shape.R, shape.Stride.Height, shape.Dilation.Height);

    /// <summary>W' of the formula above.</summary>
    public static int OutputWidth(in ConvShape shape) =>
        OutputSize(shape.W, shape.Padding.Left + shape.Padding.Right, shape.S, shape.Stride.Width, shape.Dilation.Width);

    /// <summary><c>y[n,k,i,j] = b[k] + Σ_c Σ_r Σ_s w[k,c,r,s] · x[n, c, row(i,r), column(j,s)]</c>, x = 0 outside.</summary>
    public static double[] Forward(in ConvShape shape, double[] x, double[] w, double[]? bias = null)
    {
        double[] y = new double[shape.N * shape.K * OutputHeight(shape) * OutputWidth(shape)];
        foreach (Term term in Terms(shape)) y[term.Y] += w[term.W] * x[term.X];
        if (bias is null) return y;
        int plane = OutputHeight(shape) * OutputWidth(shape);
        for (int i = 0; i < y.Length; i++) y[i] += bias[i / plane % shape.K];
        return y;
    }

    /// <summary><c>∂x</c>: each product of the forward pass sends <c>δ·w</c> back to its pixel.</summary>
    public static double[] BackwardInput(in ConvShape shape, double[] dy, double[] w)
    {
        double[] dx = new double[shape.N * shape.C * shape.H * shape.W];
        foreach (Term term in Terms(shape)) dx[term.X] += dy[term.Y] * w[term.W];
        return dx;
    }

    /// <summary><c>∂w[k,c,r,s] = Σ_n Σ_i Σ_j δ[n,k,i,j] · x[n, c, row(i,r), column(j,s)]</c>.</summary>
    public static double[] BackwardFilter(in ConvShape shape, double[] x, double[] dy)
    {
        double[] dw = new double[shape.K * (shape.C / shape.Groups) * shape.R * shape.S];
        foreach (Term term in Terms(shape)) dw[term.W] += dy[term.Y] * x[term.X];
        return dw;
    }

    /// <summary><c>∂b[k] = Σ δ[n,k,·,·]</c>.</summary>
    public static double[] BackwardBias(in ConvShape shape, double[] dy)
    {
        double[] db = new double[shape.K];
        int plane = OutputHeight(shape) * OutputWidth(shape);
        for (int i = 0; i < dy.Length; i++) db[i / plane % shape.K] += dy[i];
        return db;
    }

    /// <summary>One product of the convolution: output number Y has the product of weight W and pixel X in its sum.</summary>
    private readonly record struct Term(int Y, int W, int X);

    /// <summary>All products whose pixel lies inside the image.</summary>
    private static IEnumerable<Term> Terms(ConvShape shape)
    {
        int height = OutputHeight(shape), width = OutputWidth(shape);
        int groupChannels = shape.C / shape.Groups, groupFilters = shape.K / shape.Groups;
        for (int n = 0; n < shape.N; n++)
            for (int k = 0; k < shape.K; k++)
                for (int i = 0; i < height; i++)
                    for (int j = 0; j < width; j++)
                        for (int c = 0; c < groupChannels; c++)
                            for (int r = 0; r < shape.R; r++)
                                for (int s = 0; s < shape.S; s++)
                                {
                                    int row = (i * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
                                    int column = (j * shape.Stride.Width) - shape.Padding.Left + (s * shape.Dilation.Width);
                                    if (row < 0 || row >= shape.H || column < 0 || column >= shape.W) continue;
                                    int channel = (k / groupFilters * groupChannels) + c;
                                    yield return new Term(
                                        (((((n * shape.K) + k) * height) + i) * width) + j,
                                        (((((k * groupChannels) + c) * shape.R) + r) * shape.S) + s,
                                        (((((n * shape.C) + channel) * shape.H) + row) * shape.W) + column);
                                }
    }
}
