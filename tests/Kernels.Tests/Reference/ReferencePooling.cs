namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>
/// The double-precision twin of the pooling kernels. Each window is a list of the pixels inside the image, in row order; the
/// output size is worked out here again.
/// </summary>
internal static class ReferencePooling
{
    /// <summary>H' of the specification's formula.</summary>
    public static int OutputHeight(in PoolShape shape) =>
        ReferenceConvolution.OutputSize(shape.H, shape.Padding.Top + shape.Padding.Bottom, shape.Window.Height, shape.Stride.Height, 1);

    /// <summary>W' of the specification's formula.</summary>
    public static int OutputWidth(in PoolShape shape) =>
        ReferenceConvolution.OutputSize(shape.W, shape.Padding.Left + shape.Padding.Right, shape.Window.Width, shape.Stride.Width, 1);

    /// <summary>The largest number of each window and its place h·W + w in its plane: the first in row order on a tie; NaN wins.</summary>
    public static (double[] Y, int[] ArgMax) MaxForward(in PoolShape shape, double[] x)
    {
        int outputPlane = OutputHeight(shape) * OutputWidth(shape), inputPlane = shape.H * shape.W;
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
        int outputPlane = OutputHeight(shape) * OutputWidth(shape), inputPlane = shape.H * shape.W;
        double[] dx = new double[shape.N * shape.C * inputPlane];
        for (int o = 0; o < dy.Length; o++) dx[(o / outputPlane * inputPlane) + argMax[o]] += dy[o];
        return dx;
    }

    /// <summary>The sum of each window over its size: that of the whole window, or of its part inside the image.</summary>
    public static double[] MeanForward(in PoolShape shape, double[] x, bool countPadding = true)
    {
        int outputPlane = OutputHeight(shape) * OutputWidth(shape), inputPlane = shape.H * shape.W;
        double[] y = new double[shape.N * shape.C * outputPlane];
        for (int o = 0; o < y.Length; o++)
        {
            List<int> window = Window(shape, o % outputPlane);
            foreach (int place in window) y[o] += x[(o / outputPlane * inputPlane) + place];
            y[o] /= countPadding ? shape.Window.Height * shape.Window.Width : window.Count;
        }
        return y;
    }

    /// <summary>Each delta is spread evenly over its window.</summary>
    public static double[] MeanBackward(in PoolShape shape, double[] dy, bool countPadding = true)
    {
        int outputPlane = OutputHeight(shape) * OutputWidth(shape), inputPlane = shape.H * shape.W;
        double[] dx = new double[shape.N * shape.C * inputPlane];
        for (int o = 0; o < dy.Length; o++)
        {
            List<int> window = Window(shape, o % outputPlane);
            int size = countPadding ? shape.Window.Height * shape.Window.Width : window.Count;
            foreach (int place in window) dx[(o / outputPlane * inputPlane) + place] += dy[o] / size;
        }
        return dx;
    }

    /// <summary>The places of output pixel <paramref name="output"/>'s window that lie inside the image, in row order.</summary>
    private static List<int> Window(in PoolShape shape, int output)
    {
        int i = output / OutputWidth(shape), j = output % OutputWidth(shape);
        List<int> places = [];
        for (int r = 0; r < shape.Window.Height; r++)
            for (int s = 0; s < shape.Window.Width; s++)
            {
                int row = (i * shape.Stride.Height) - shape.Padding.Top + r, column = (j * shape.Stride.Width) - shape.Padding.Left + s;
                if (row >= 0 && row < shape.H && column >= 0 && column < shape.W) places.Add((row * shape.W) + column);
            }
        return places;
    }
}
