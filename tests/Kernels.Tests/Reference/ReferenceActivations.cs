namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of the activation functions; derivatives by x, as the textbook has them.</summary>
internal static class ReferenceActivations
{
    /// <summary><c>y = σ(x)</c>, element by element.</summary>
    public static double[] Forward(Activation activation, double[] x)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++) y[i] = Value(activation, x[i]);
        return y;
    }

    /// <summary><c>∂x = ∂y · σ'(x)</c>, element by element.</summary>
    public static double[] Backward(Activation activation, double[] x, double[] dy)
    {
        double[] dx = new double[x.Length];
        for (int i = 0; i < x.Length; i++) dx[i] = dy[i] * Derivative(activation, x[i]);
        return dx;
    }

    /// <summary><c>σ(x)</c>.</summary>
    public static double Value(Activation activation, double x) => activation.Kind switch
    {
        ActivationKind.Identity => x,
        ActivationKind.Relu => x < 0 ? 0 : x,
        ActivationKind.LeakyRelu => x < 0 ? activation.Slope * x : x,
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Elu => x > 0 ? x : activation.Slope * (Math.Exp(x) - 1),
        ActivationKind.ScaledTanh => 1.7159 * Math.Tanh(2 * x / 3),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation.Kind, "no twin"),
    };

    /// <summary><c>σ'(x)</c>; at a kink the derivative from the left.</summary>
    public static double Derivative(Activation activation, double x) => activation.Kind switch
    {
        ActivationKind.Identity => 1,
        ActivationKind.Relu => x > 0 ? 1 : 0,
        ActivationKind.LeakyRelu => x > 0 ? 1 : activation.Slope,
        ActivationKind.Sigmoid => Value(activation, x) * Value(activation, -x),
        ActivationKind.Tanh => 1 - (Math.Tanh(x) * Math.Tanh(x)),
        ActivationKind.Elu => x > 0 ? 1 : activation.Slope * Math.Exp(x),
        ActivationKind.ScaledTanh => 1.7159 * 2 / 3 * (1 - (Math.Tanh(2 * x / 3) * Math.Tanh(2 * x / 3))),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation.Kind, "no twin"),
    };

    /// <summary><c>x·σ(x)</c>.</summary>
    public static double Swish(double x) => x / (1 + Math.Exp(-x));

    /// <summary><c>σ(x) + x·σ(x)·σ(−x)</c>.</summary>
    public static double SwishDerivative(double x) => (1 / (1 + Math.Exp(-x))) + (x / (1 + Math.Exp(-x)) / (1 + Math.Exp(x)));

    /// <summary><c>x·min(max(x + 3, 0), 6)/6</c>.</summary>
    public static double HardSwish(double x) => x * Math.Min(Math.Max(x + 3, 0), 6) / 6;

    /// <summary>Its derivative; at the corners 0 and 1.</summary>
    public static double HardSwishDerivative(double x) => x <= -3 ? 0 : x >= 3 ? 1 : (x / 3) + 0.5;

    /// <summary>ReLU with the slope <c>a[row mod slopes]</c> for negative x of a row: <c>y</c>, <c>∂x</c> and <c>∂a</c>.</summary>
    public static (double[] Y, double[] Dx, double[] Da) ParametricRelu(int rowLength, double[] a, double[] x, double[] dy)
    {
        double[] y = new double[x.Length], dx = new double[x.Length], da = new double[a.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int slope = i / rowLength % a.Length;
            y[i] = x[i] > 0 ? x[i] : a[slope] * x[i];
            dx[i] = x[i] > 0 ? dy[i] : a[slope] * dy[i];
            if (x[i] < 0) da[slope] += x[i] * dy[i];
        }
        return (y, dx, da);
    }

    /// <summary>Softmax over the channels of each pixel of N×C×P numbers, or its logarithm.</summary>
    public static double[] ChannelSoftmax(int channels, int pixels, bool logarithm, double[] x)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int first = (i / (channels * pixels) * channels * pixels) + (i % pixels);
            double sum = 0; // of e^(x − this x)
            for (int c = 0; c < channels; c++) sum += Math.Exp(x[first + (c * pixels)] - x[i]);
            y[i] = logarithm ? -Math.Log(sum) : 1 / sum;
        }
        return y;
    }

    /// <summary><c>∂x[i] = Σ_c ∂y[c]·∂y[c]/∂x[i]</c> with <c>∂y[c]/∂x[i] = p[c]·(1[c = i] − p[i])</c>, for the logarithm without the factor p[c].</summary>
    public static double[] ChannelSoftmaxBackward(int channels, int pixels, bool logarithm, double[] y, double[] dy)
    {
        double[] dx = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            int first = (i / (channels * pixels) * channels * pixels) + (i % pixels);
            double p = logarithm ? Math.Exp(y[i]) : y[i];
            for (int c = 0; c < channels; c++)
            {
                int at = first + (c * pixels);
                dx[i] += dy[at] * ((at == i ? 1 : 0) - p) * (logarithm ? 1 : y[at]);
            }
        }
        return dx;
    }
}
