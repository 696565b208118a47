namespace CnnEngine.Kernels.Tests;

/// <summary>Comparisons of a kernel's floats with a twin's doubles; a failure names the first number at fault.</summary>
internal static class Expect
{
    /// <summary>2⁻²³, the distance of 1 to the next float.</summary>
    public const double Epsilon = 1.0 / (1 << 23);

    /// <summary>Exactly the twin's numbers, for data on which float32 makes no error.</summary>
    public static void Exactly(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        AssertMeansSomething(expected);
        for (int i = 0; i < expected.Length; i++)
            if (actual[i] != expected[i]) Assert.Fail($"number {i} of {expected.Length} is {actual[i]}, the twin has {expected[i]}");
    }

    /// <summary><c>|actual − expected| ≤ c·ε·magnitude</c>, where the magnitude of a sum of products is <c>Σ|a||b|</c>.</summary>
    public static void WithinRounding(double[] expected, double[] magnitudes, ReadOnlySpan<float> actual, double c = 4)
    {
        Assert.Equal(expected.Length, actual.Length);
        AssertMeansSomething(expected);
        for (int i = 0; i < expected.Length; i++)
        {
            double bound = c * Epsilon * magnitudes[i];
            if (!(Math.Abs(actual[i] - expected[i]) <= bound))
                Assert.Fail($"number {i} of {expected.Length} is {actual[i]}, the twin has {expected[i]}; {bound:g3} is allowed");
        }
    }

    /// <summary><c>|actual − expected| ≤ relative·|expected| + absolute</c>.</summary>
    public static void Near(double[] expected, ReadOnlySpan<float> actual, double relative, double absolute)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double bound = (relative * Math.Abs(expected[i])) + absolute;
            if (!(Math.Abs(actual[i] - expected[i]) <= bound))
                Assert.Fail($"number {i} of {expected.Length} is {actual[i]}, the twin has {expected[i]}; {bound:g3} is allowed");
        }
    }

    /// <summary><c>‖actual − expected‖ ≤ relative·‖expected‖</c> in the L2 norm, for algorithms whose errors spread over their results.</summary>
    public static void NearInL2(double[] expected, ReadOnlySpan<float> actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        AssertMeansSomething(expected);
        double error = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        double bound = relative * Math.Sqrt(norm);
        if (!(Math.Sqrt(error) <= bound)) Assert.Fail($"the error's norm is {Math.Sqrt(error):g3}; {bound:g3} is allowed");
    }

    /// <summary>The same bits: not only equal numbers, but the same zeros and the same NaN.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"number {i} of {expected.Length} is {actual[i]:g9}, not {expected[i]:g9}");
    }

    /// <summary>A test against zeros alone would pass for a kernel that does nothing.</summary>
    private static void AssertMeansSomething(double[] expected)
    {
        if (expected.Length > 0 && Array.TrueForAll(expected, value => value == 0)) Assert.Fail("the twin has only zeros: the test says nothing");
    }
}
