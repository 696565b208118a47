namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of a step of RMSprop, as PyTorch has it.</summary>
internal static class ReferenceRmsProp
{
    /// <summary>PyTorch's algorithm line by line, in place; <paramref name="mean"/> is null if it is not to be centred.</summary>
    public static void Step(double[] w, double[] g, double[] square, double[] velocity, double[]? mean, RmsPropRates rates, double learningRate)
    {
        for (int i = 0; i < w.Length; i++)
        {
            double d = g[i] + (rates.WeightDecay * w[i]), variance;
            square[i] = (rates.Alpha * square[i]) + ((1 - (double)rates.Alpha) * d * d);
            variance = square[i];
            if (mean is not null)
            {
                mean[i] = (rates.Alpha * mean[i]) + ((1 - (double)rates.Alpha) * d);
                variance -= mean[i] * mean[i];
            }
            velocity[i] = (rates.Momentum * velocity[i]) + (d / (Math.Sqrt(variance) + rates.Epsilon));
            w[i] -= learningRate * velocity[i];
        }
    }
}
