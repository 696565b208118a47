namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>
/// The double-precision twin of the pooling kernels. Each window is a list of the pixels inside the image, in row order; the
/// windows are worked out here again, from their definition.
/// </summary>
internal static class ReferencePooling
{
    /// <summary>The largest number of each window and its place h·W + w in its plane: the first in row order on a tie; NaN wins.</summary>
    public static (double[] Y, int[] ArgMax) MaxForward(in PoolShape shape, double[] x)
    {
        int outputPlane = shape.OutputHeight * shape.OutputWidth, inputPlane = shape.H * shape.W;
        double[] y = new double[shape.N * shape.C * outputPlane];
        int[] argMax = new int[y.Length];
        for (int o = 0; o < y.Length; o++)
        {
            int plane = o / outputPlane;
            List<int> window = Window(shape, o % outputPlane);
            int best = window[0];
            foreach (int place in window)
            {
                double value = x[(plane * inputPlane) + place], largest = x[(plane * inputPlane) + best];
                if (value > largest || (double.IsNaN(value) && !double.IsNaN(largest))) best = place;
            }
            (y[o], argMax[o]) = (x[(plane * inputPlane) + best], best);
        }
        return (y, argMax);
    }

    /// <summary>The whole delta goes to the place of the maximum.</summary>
    public static double[] MaxBackward(in PoolShape shape, double[] dy, int[] argMax)
    {
        int outputPlane = shape.OutputHeight * shape.OutputWidth, inputPlane = shape.H * shape.W;
        double[] dx = new double[shape.N * shape.C * inputPlane];
        for (int o = 0; o < dy.Length; o++) dx[(o / outputPlane * inputPlane) + argMax[o]] += dy[o];
        return dx;
    }

    /// <summary>The sum of each window over its size: that of the window with padding, or of its part inside the image, or 1.</summary>
    public static double[] MeanForward(in PoolShape shape, double[] x, PoolDivisor divisor = PoolDivisor.Window)
    {
        int outputPlane = shape.OutputHeight * shape.OutputWidth, inputPlane = shape.H * shape.W;
        double[] y = new double[shape.N * shape.C * outputPlane];
        for (int o = 0; o < y.Length; o++)
        {
            foreach (int place in Window(shape, o % outputPlane)) y[o] += x[(o / outputPlane * inputPlane) + place];
            y[o] /= Size(shape, o % outputPlane, divisor);
        }
        return y;
    }

    /// <summary>Each delta is spread evenly over its window.</summary>
    public static double[] MeanBackward(in PoolShape shape, double[] dy, PoolDivisor divisor = PoolDivisor.Window)
    {
        int outputPlane = shape.OutputHeight * shape.OutputWidth, inputPlane = shape.H * shape.W;
        double[] dx = new double[shape.N * shape.C * inputPlane];
        for (int o = 0; o < dy.Length; o++)
            foreach (int place in Window(shape, o % outputPlane))
                dx[(o / outputPlane * inputPlane) + place] += dy[o] / Size(shape, o % outputPlane, divisor);
        return dx;
    }

    /// <summary>The places of output pixel <paramref name="output"/>'s window that lie inside the image, in row order.</summary>
    private static List<int> Window(in PoolShape shape, int output)
    {
        (int firstRow, int endRow) = Rows(shape, output);
        (int firstColumn, int endColumn) = Columns(shape, output);
        List<int> places = [];
        for (int row = firstRow; row < endRow; row++)
            for (int column = firstColumn; column < endColumn; column++)
                if (row >= 0 && row < shape.H && column >= 0 && column < shape.W) places.Add((row * shape.W) + column);
        return places;
    }

    private static int Size(in PoolShape shape, int output, PoolDivisor divisor)
    {
        if (divisor == PoolDivisor.One) return 1;
        if (divisor == PoolDivisor.Image) return Window(shape, output).Count;
        (int firstRow, int endRow) = Rows(shape, output);
        (int firstColumn, int endColumn) = Columns(shape, output);
        return (Math.Min(endRow, shape.H + shape.Padding.Bottom) - firstRow) * (Math.Min(endColumn, shape.W + shape.Padding.Right) - firstColumn);
    }

    private static (int First, int End) Rows(in PoolShape shape, int output) =>
        Along(output / shape.OutputWidth, shape.H, shape.OutputHeight, shape.Window.Height, shape.Stride.Height, shape.Padding.Top);

    private static (int First, int End) Columns(in PoolShape shape, int output) =>
        Along(output % shape.OutputWidth, shape.W, shape.OutputWidth, shape.Window.Width, shape.Stride.Width, shape.Padding.Left);

    /// <summary>Where window i lies on one axis, inside the image or not.</summary>
    private static (int First, int End) Along(int i, int size, int outputs, int window, int stride, int before) => stride > 0
        ? ((i * stride) - before, (i * stride) - before + window)
        : ((int)Math.Floor((double)i * size / outputs), (int)Math.Ceiling((i + 1.0) * size / outputs));
}
