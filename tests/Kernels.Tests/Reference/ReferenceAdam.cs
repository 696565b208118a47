namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of a step of Adam, with either weight decay.</summary>
internal static class ReferenceAdam
{
    /// <summary>Kingma and Ba's algorithm 1 line by line, after <c>w = w − η·λ·w</c> or <c>g = g + λ·w</c>; in place.</summary>
    public static void Step(double[] w, double[] g, double[] m, double[] v, AdamRates rates, double learningRate, long step)
    {
        for (int i = 0; i < w.Length; i++)
        {
            double d = g[i];
            if (rates.IsDecoupled) w[i] -= learningRate * rates.WeightDecay * w[i];
            else d += rates.WeightDecay * w[i];
            m[i] = (rates.Beta1 * m[i]) + ((1 - (double)rates.Beta1) * d);
            v[i] = (rates.Beta2 * v[i]) + ((1 - (double)rates.Beta2) * d * d);
            double mean = m[i] / (1 - Math.Pow(rates.Beta1, step)), square = v[i] / (1 - Math.Pow(rates.Beta2, step));
            w[i] -= learningRate * mean / (Math.Sqrt(square) + rates.Epsilon);
        }
    }
}
