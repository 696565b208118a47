namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>What every twin needs: float data as doubles, and derivatives by differences.</summary>
internal static class ReferenceArrays
{
    public static double[] ToDoubles(ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < values.Length; i++) doubles[i] = values[i];
        return doubles;
    }

    /// <summary>The absolute values: a sum of products of them is the <c>Σ|a||b|</c> of a rounding bound.</summary>
    public static double[] Absolute(double[] values)
    {
        double[] absolute = new double[values.Length];
        for (int i = 0; i < values.Length; i++) absolute[i] = Math.Abs(values[i]);
        return absolute;
    }

    /// <summary><c>∂f/∂x[i] ≈ (f(x + h·e_i) − f(x − h·e_i)) / 2h</c> for every i.</summary>
    public static double[] CentralDifferences(Func<double[], double> f, double[] x, double h = 1e-6)
    {
        double[] derivative = new double[x.Length];
        double[] moved = [.. x];
        for (int i = 0; i < x.Length; i++)
        {
            moved[i] = x[i] + h;
            double above = f(moved);
            moved[i] = x[i] - h;
            double below = f(moved);
            moved[i] = x[i];
            derivative[i] = (above - below) / (2 * h);
        }
        return derivative;
    }
}
