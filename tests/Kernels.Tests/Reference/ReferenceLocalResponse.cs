namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of local response normalisation, and its derivatives one by one.</summary>
internal static class ReferenceLocalResponse
{
    public static double[] Forward(in NormShape shape, LocalResponse options, double[] x)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++) y[i] = x[i] * Math.Pow(Sum(shape, options, x, i), -options.Beta);
        return y;
    }

    public static double[] Backward(in NormShape shape, LocalResponse options, double[] x, double[] dy)
    {
        double[] dx = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double sum = Sum(shape, options, x, i);
            dx[i] += dy[i] * Math.Pow(sum, -options.Beta);
            foreach (int j in Window(shape, options, i))
                dx[j] -= dy[i] * x[i] * options.Beta * Math.Pow(sum, -options.Beta - 1) * 2 * x[j] * options.Alpha / options.Size;
        }
        return dx;
    }

    private static double Sum(in NormShape shape, LocalResponse options, double[] x, int place) =>
        options.K + (options.Alpha / options.Size * Window(shape, options, place).Sum(j => x[j] * x[j]));

    private static List<int> Window(in NormShape shape, LocalResponse options, int place)
    {
        List<int> places = [];
        int channel = place / shape.Plane % shape.Channels;
        for (int c = channel - (options.Size / 2); c < channel - (options.Size / 2) + options.Size; c++)
            if (c >= 0 && c < shape.Channels) places.Add(place + ((c - channel) * shape.Plane));
        return places;
    }
}
