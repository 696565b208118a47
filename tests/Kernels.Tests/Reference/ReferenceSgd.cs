namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of a step of gradient descent, as PyTorch has it.</summary>
internal static class ReferenceSgd
{
    /// <summary><c>d = g + λ·w; v = μ·v + d; w = w − η·v</c>, or with Nesterov's momentum <c>w − η·(d + μ·v)</c>; in place.</summary>
    public static void Step(double[] w, double[] g, double[] v, double learningRate, double momentum, double weightDecay, bool nesterov)
    {
        for (int i = 0; i < w.Length; i++)
        {
            double d = g[i] + (weightDecay * w[i]);
            v[i] = (momentum * v[i]) + d;
            w[i] -= learningRate * (nesterov ? d + (momentum * v[i]) : v[i]);
        }
    }
}
