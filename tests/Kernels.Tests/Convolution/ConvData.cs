using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>
/// The numbers of a convolution's tests: inputs as floats, and as doubles the twin's results with the magnitudes <c>Σ|a||b|</c>
/// that bound rounding. The twin works once for all algorithms and widths.
/// </summary>
internal sealed class ConvData(ConvShape shape, bool isInteger)
{
    public ConvShape Shape => shape;

    public float[] X { get; } = Make(isInteger, shape.InputLength, 1);

    public float[] W { get; } = Make(isInteger, shape.FilterLength, 2);

    public float[] Bias { get; } = Make(isInteger, shape.K, 3);

    public float[] Delta { get; } = Make(isInteger, shape.OutputLength, 4);

    /// <summary>What the filter's gradient holds before.</summary>
    public float[] Before { get; } = Make(isInteger, shape.FilterLength, 5);

    public double[] Y => field ??= ReferenceConvolution.Forward(shape, Twin(X), Twin(W), Twin(Bias));

    public double[] YMagnitude => field ??= ReferenceConvolution.Forward(shape, Absolute(X), Absolute(W), Absolute(Bias));

    public double[] Dx => field ??= ReferenceConvolution.BackwardInput(shape, Twin(Delta), Twin(W));

    public double[] DxMagnitude => field ??= ReferenceConvolution.BackwardInput(shape, Absolute(Delta), Absolute(W));

    public double[] Dw => field ??= Sum(Twin(Before), ReferenceConvolution.BackwardFilter(shape, Twin(X), Twin(Delta)));

    public double[] DwMagnitude => field ??= Sum(Absolute(Before), ReferenceConvolution.BackwardFilter(shape, Absolute(X), Absolute(Delta)));

    /// <summary>The biases' gradient, added to <see cref="Bias"/>.</summary>
    public double[] Db => field ??= Sum(Twin(Bias), ReferenceConvolution.BackwardBias(shape, Twin(Delta)));

    public double[] DbMagnitude => field ??= Sum(Absolute(Bias), ReferenceConvolution.BackwardBias(shape, Absolute(Delta)));

    private static float[] Make(bool isInteger, long length, int seed) =>
        isInteger ? Numbers.Integers(length, seed) : Numbers.Random(length, seed);

    private static double[] Twin(float[] values) => ReferenceArrays.ToDoubles(values);

    private static double[] Absolute(float[] values) => ReferenceArrays.Absolute(Twin(values));

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
