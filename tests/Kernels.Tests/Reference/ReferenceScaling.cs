namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of scaling planes.</summary>
internal static class ReferenceScaling
{
    public static double[] Forward(int pixels, double[] x, double[] scales) => [.. x.Select((value, i) => value * scales[i / pixels])];

    public static double[] BackwardScales(int pixels, double[] x, double[] dy)
    {
        double[] sums = new double[x.Length / pixels];
        for (int i = 0; i < x.Length; i++) sums[i / pixels] += x[i] * dy[i];
        return sums;
    }
}
