namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of the transposed convolution: each pixel puts its filter into the output.</summary>
internal static class ReferenceTransposedConvolution
{
    /// <summary><c>(size − 1)·stride − padding + dilation·(window − 1) + output padding + 1</c>.</summary>
    public static int OutputSize(int size, int padding, int window, int stride, int dilation, int outputPadding) =>
        ((size - 1) * stride) - padding + (dilation * (window - 1)) + outputPadding + 1;

    /// <summary>
    /// <c>y[n,k, i·stride − top + r·dilation, j·stride − left + s·dilation] += w[c,k,r,s]·x[n,c,i,j]</c>, then b[k] is added. Weights are
    /// C×(K/g)×R×S; padding is given in numbers.
    /// </summary>
    public static double[] Forward(
        int images, (int C, int H, int W) input, (int K, int H, int W) output, Size2 filter, ConvOptions options, double[] x, double[] w, double[]? bias)
    {
        double[] y = new double[images * output.K * output.H * output.W];
        int groupChannels = input.C / options.Groups, groupFilters = output.K / options.Groups;
        for (int n = 0; n < images; n++)
            for (int c = 0; c < input.C; c++)
                for (int i = 0; i < input.H; i++)
                    for (int j = 0; j < input.W; j++)
                        for (int k = 0; k < groupFilters; k++)
                            for (int r = 0; r < filter.Height; r++)
                                for (int s = 0; s < filter.Width; s++)
                                {
                                    int row = (i * options.Stride.Height) - options.Padding.Top + (r * options.Dilation.Height);
                                    int column = (j * options.Stride.Width) - options.Padding.Left + (s * options.Dilation.Width);
                                    if (row < 0 || row >= output.H || column < 0 || column >= output.W) continue;
                                    int channel = (c / groupChannels * groupFilters) + k;
                                    y[(((((n * output.K) + channel) * output.H) + row) * output.W) + column] +=
                                        w[(((((c * groupFilters) + k) * filter.Height) + r) * filter.Width) + s] * x[(((((n * input.C) + c) * input.H) + i) * input.W) + j];
                                }
        if (bias is null) return y;
        for (int i = 0; i < y.Length; i++) y[i] += bias[i / (output.H * output.W) % output.K];
        return y;
    }
}
