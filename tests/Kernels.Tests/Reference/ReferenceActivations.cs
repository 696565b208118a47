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
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation.Kind, "no twin"),
    };
}
