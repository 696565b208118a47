namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of the matrix product and of the fully connected layer that is made of it.</summary>
internal static class ReferenceGemm
{
    /// <summary><c>α·op(A)·op(B) + β·C</c>, row-major; with β = 0 C is not looked at.</summary>
    public static double[] Multiply(
        int m, int n, int k, double[] a, double[] b, double[] c,
        double alpha = 1, double beta = 0, bool transposeA = false, bool transposeB = false)
    {
        double[] result = new double[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int t = 0; t < k; t++) sum += (transposeA ? a[(t * m) + i] : a[(i * k) + t]) * (transposeB ? b[(j * k) + t] : b[(t * n) + j]);
                result[(i * n) + j] = (alpha * sum) + (beta == 0 ? 0 : beta * c[(i * n) + j]);
            }
        return result;
    }

    /// <summary><c>y[n,o] = b[o] + Σ_i w[o,i] · x[n,i]</c>.</summary>
    public static double[] FullyConnectedForward(int images, int inputs, int outputs, double[] x, double[] w, double[]? bias = null)
    {
        double[] y = new double[images * outputs];
        for (int n = 0; n < images; n++)
            for (int o = 0; o < outputs; o++)
            {
                double sum = bias is null ? 0 : bias[o];
                for (int i = 0; i < inputs; i++) sum += w[(o * inputs) + i] * x[(n * inputs) + i];
                y[(n * outputs) + o] = sum;
            }
        return y;
    }

    /// <summary><c>∂x[n,i] = Σ_o w[o,i] · δ[n,o]</c>.</summary>
    public static double[] FullyConnectedBackwardInput(int images, int inputs, int outputs, double[] dy, double[] w)
    {
        double[] dx = new double[images * inputs];
        for (int n = 0; n < images; n++)
            for (int o = 0; o < outputs; o++)
                for (int i = 0; i < inputs; i++) dx[(n * inputs) + i] += w[(o * inputs) + i] * dy[(n * outputs) + o];
        return dx;
    }

    /// <summary><c>∂w[o,i] = Σ_n δ[n,o] · x[n,i]</c> and <c>∂b[o] = Σ_n δ[n,o]</c>.</summary>
    public static (double[] Weights, double[] Bias) FullyConnectedBackwardWeights(int images, int inputs, int outputs, double[] x, double[] dy)
    {
        double[] dw = new double[outputs * inputs], db = new double[outputs];
        for (int n = 0; n < images; n++)
            for (int o = 0; o < outputs; o++)
            {
                db[o] += dy[(n * outputs) + o];
                for (int i = 0; i < inputs; i++) dw[(o * inputs) + i] += dy[(n * outputs) + o] * x[(n * inputs) + i];
            }
        return (dw, db);
    }
}
