namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of a step of Adagrad, as PyTorch has it.</summary>
internal static class ReferenceAdagrad
{
    /// <summary><c>d = g + λ·w; v = v + d²; w = w − η·d / (√v + ε)</c>; in place.</summary>
    public static void Step(double[] w, double[] g, double[] sum, double learningRate, double epsilon, double weightDecay)
    {
        for (int i = 0; i < w.Length; i++)
        {
            double d = g[i] + (weightDecay * w[i]);
            sum[i] += d * d;
            w[i] -= learningRate * d / (Math.Sqrt(sum[i]) + epsilon);
        }
    }
}
