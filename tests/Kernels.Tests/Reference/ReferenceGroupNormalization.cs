namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of group and layer normalisation: each group is a channel of one image, as batch normalisation sees it.</summary>
internal static class ReferenceGroupNormalization
{
    public static double[] Forward(in GroupShape shape, double[] x, double[] weight, double[] bias, double epsilon)
    {
        double[] y = Normalized(shape, x, epsilon);
        for (int i = 0; i < y.Length; i++) y[i] = (weight[Parameter(shape, i)] * y[i]) + bias[Parameter(shape, i)];
        return y;
    }

    public static (double[] Dx, double[] Dweight, double[] Dbias) Backward(in GroupShape shape, double[] x, double[] weight, double epsilon, double[] dy)
    {
        double[] normalized = Normalized(shape, x, epsilon), ofNormalized = new double[x.Length];
        double[] dweight = new double[weight.Length], dbias = new double[weight.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int p = Parameter(shape, i);
            ofNormalized[i] = dy[i] * weight[p];
            dweight[p] += dy[i] * normalized[i];
            dbias[p] += dy[i];
        }
        return (ReferenceBatchNormalization.Backward(Rows(shape), x, Ones(shape.Rows), epsilon, ofNormalized).Dx, dweight, dbias);
    }

    private static double[] Normalized(in GroupShape shape, double[] x, double epsilon) =>
        ReferenceBatchNormalization.Forward(Rows(shape), x, Ones(shape.Rows), new double[shape.Rows], epsilon);

    private static NormShape Rows(in GroupShape shape) => new(1, shape.Rows, shape.RowLength);

    private static double[] Ones(int count) => [.. Enumerable.Repeat(1.0, count)];

    private static int Parameter(in GroupShape shape, int place) => place / shape.Plane % shape.Parameters;
}
