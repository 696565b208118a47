namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of batch normalisation, step by step as in its paper (algorithm 1 and section 3).</summary>
internal static class ReferenceBatchNormalization
{
    /// <summary>μ and the biased σ² of each channel, without ε.</summary>
    public static (double[] Mean, double[] Variance) Statistics(in NormShape shape, double[] x)
    {
        double[] mean = new double[shape.Channels], variance = new double[shape.Channels];
        for (int c = 0; c < shape.Channels; c++)
        {
            int[] places = Places(shape, c);
            foreach (int i in places) mean[c] += x[i] / places.Length;
            foreach (int i in places) variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / places.Length;
        }
        return (mean, variance);
    }

    /// <summary><c>y = γ·(x − μ)/√(σ² + ε) + β</c>.</summary>
    public static double[] Normalize(in NormShape shape, double[] x, double[] mean, double[] variance, double[] weight, double[] bias, double epsilon)
    {
        double[] y = new double[x.Length];
        for (int c = 0; c < shape.Channels; c++)
            foreach (int i in Places(shape, c)) y[i] = (weight[c] * (x[i] - mean[c]) / Math.Sqrt(variance[c] + epsilon)) + bias[c];
        return y;
    }

    /// <summary>The training pass: by the batch's own statistics.</summary>
    public static double[] Forward(in NormShape shape, double[] x, double[] weight, double[] bias, double epsilon)
    {
        (double[] mean, double[] variance) = Statistics(shape, x);
        return Normalize(shape, x, mean, variance, weight, bias, epsilon);
    }

    /// <summary>The chain rule through x̂, σ² and μ, one after another.</summary>
    public static (double[] Dx, double[] Dweight, double[] Dbias) Backward(
        in NormShape shape, double[] x, double[] weight, double epsilon, double[] dy)
    {
        double[] dx = new double[x.Length], dweight = new double[shape.Channels], dbias = new double[shape.Channels];
        (double[] means, double[] variances) = Statistics(shape, x);
        for (int c = 0; c < shape.Channels; c++)
        {
            int[] places = Places(shape, c);
            double mean = means[c], sigma = Math.Sqrt(variances[c] + epsilon), ofVariance = 0, ofMean = 0;
            foreach (int i in places)
            {
                double ofNormalized = dy[i] * weight[c];
                ofVariance += ofNormalized * (x[i] - mean) * -0.5 / (sigma * sigma * sigma);
                ofMean -= ofNormalized / sigma;
                dweight[c] += dy[i] * (x[i] - mean) / sigma;
                dbias[c] += dy[i];
            }
            foreach (int i in places) ofMean -= ofVariance * 2 * (x[i] - mean) / places.Length;
            foreach (int i in places)
                dx[i] = (dy[i] * weight[c] / sigma) + (ofVariance * 2 * (x[i] - mean) / places.Length) + (ofMean / places.Length);
        }
        return (dx, dweight, dbias);
    }

    /// <summary>Where the numbers of one channel stand.</summary>
    public static int[] Places(NormShape shape, int channel) =>
        [.. from n in Enumerable.Range(0, shape.Images) from p in Enumerable.Range(0, shape.Plane) select (((n * shape.Channels) + channel) * shape.Plane) + p];
}
