namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of a step of Adam, with AdamW's weight decay.</summary>
internal static class ReferenceAdam
{
    /// <summary>Kingma and Ba's algorithm 1 line by line, after <c>w = w − η·λ·w</c>; in place.</summary>
    public static void Step(double[] w, double[] g, double[] m, double[] v, AdamRates rates, double learningRate, long step)
    {
        for (int i = 0; i < w.Length; i++)
        {
            w[i] -= learningRate * rates.WeightDecay * w[i];
            m[i] = (rates.Beta1 * m[i]) + ((1 - (double)rates.Beta1) * g[i]);
            v[i] = (rates.Beta2 * v[i]) + ((1 - (double)rates.Beta2) * g[i] * g[i]);
            double mean = m[i] / (1 - Math.Pow(rates.Beta1, step)), square = v[i] / (1 - Math.Pow(rates.Beta2, step));
            w[i] -= learningRate * mean / (Math.Sqrt(square) + rates.Epsilon);
        }
    }
}
