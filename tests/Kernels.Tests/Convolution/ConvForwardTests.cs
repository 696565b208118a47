using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The forward pass of every algorithm, on every shape it supports and on every vector width, against the twin.</summary>
public unsafe class ConvForwardTests
{
    public static TheoryData<string, string, SimdWidth> ByWidth { get; } = Rows.Of(
        from row in ConvCases.Exact(ConvPass.Forward) from width in SimdWidths.Values select (row.Shape, row.Algorithm, width));

    public static TheoryData<string, string> OnceAShape { get; } = Rows.Of(ConvCases.Supported(ConvPass.Forward));

    public static TheoryData<string, string> PlainOnes { get; } = Rows.Of(ConvCases.Plain(ConvPass.Forward));

    public static TheoryData<string, string, double> BoundedOnes { get; } = Rows.Of(ConvCases.Bounded(ConvPass.Forward));

    public static TheoryData<string, string, ActivationKind> ByActivation { get; } = Rows.Of(
        from row in ConvCases.Supported(ConvPass.Forward)
        where row.Shape is "rectangular filter" or "groups 3, stride 2" or "13 filters" or "wide" or "rows of three vectors" or "depthwise, wide" or "depthwise, stride 2, small planes"
            or ConvCases.StridedStrips
        from kind in Enum.GetValues<ActivationKind>()
        select (row.Shape, row.Algorithm, kind));

    [Theory, MemberData(nameof(ByWidth))]
    public void Whole_numbers_come_out_exactly(string shape, string algorithm, SimdWidth width)
    {
        ConvData data = ConvCases.Integers(shape);
        using ForcedWidth forced = new(width);
        Expect.Exactly(data.Y, Run(data, algorithm, data.Bias, Activation.Identity));
    }

    [Theory, MemberData(nameof(PlainOnes))]
    public void Random_numbers_are_within_rounding_on_every_width(string shape, string algorithm)
    {
        ConvData data = ConvCases.Random(shape);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Expect.WithinRounding(data.Y, data.YMagnitude, Run(data, algorithm, data.Bias, Activation.Identity));
        }
    }

    [Theory, MemberData(nameof(BoundedOnes))]
    public void Algorithms_that_transform_keep_their_bound_on_every_width(string shape, string algorithm, double bound)
    {
        foreach (ConvData data in new[] { ConvCases.Integers(shape), ConvCases.Random(shape) })
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                Expect.NearInL2(data.Y, Run(data, algorithm, data.Bias, Activation.Identity), bound);
            }
    }

    [Theory, MemberData(nameof(OnceAShape))]
    public void No_bias_is_a_bias_of_zeros(string shape, string algorithm)
    {
        ConvData data = ConvCases.Integers(shape);
        float[] without = Run(data, algorithm, [], Activation.Identity);
        Expect.Exactly(ReferenceArrays.ToDoubles(Run(data, algorithm, new float[data.Shape.K], Activation.Identity)), without);
    }

    [Theory, MemberData(nameof(ByActivation))]
    public void Bias_comes_before_the_activation(string shape, string algorithm, ActivationKind kind)
    {
        Activation activation = new(kind, kind is ActivationKind.LeakyRelu or ActivationKind.Elu ? 0.25f : 0);
        ConvData data = ConvCases.Integers(shape);
        double[] expected = ReferenceActivations.Forward(activation, data.Y);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            float[] y = Run(data, algorithm, data.Bias, activation);
            // A quarter of a whole number is exact, too.
            if (ConvCases.Algorithm(algorithm) is { IsExact: false, ErrorBound: { } bound }) Expect.NearInL2(expected, y, bound);
            else if (!activation.IsLinearByParts) Expect.Near(expected, y, 1e-6, 1e-7);
            else Expect.Exactly(expected, y);
        }
    }

    [Theory, MemberData(nameof(OnceAShape))]
    public void Relu_cuts_an_overflow_below_to_zero_and_keeps_NaN(string shape, string algorithm)
    {
        ConvShape geometry = ConvCases.Shape(shape);
        ConvData data = new(geometry, isInteger: true);
        Array.Fill(data.Bias, float.NegativeInfinity);
        data.Bias[^1] = float.NaN;
        float[] y = Run(data, algorithm, data.Bias, Activation.Relu);
        for (int i = 0; i < y.Length; i++)
            Assert.Equal(i / geometry.OutputPlane % geometry.K == geometry.K - 1 ? float.NaN : 0, y[i]);
    }

    [Theory, MemberData(nameof(OnceAShape))]
    public void NaN_in_one_image_spoils_no_other_image(string shape, string algorithm)
    {
        ConvShape geometry = ConvCases.Shape(shape);
        if (geometry.N == 1) return;
        ConvData clean = ConvCases.Integers(shape), data = new(geometry, isInteger: true);
        int image = geometry.C * geometry.InputPlane, output = geometry.K * geometry.OutputPlane;
        data.X.AsSpan(image, image).Fill(float.NaN);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            float[] without = Run(clean, algorithm, data.Bias, Activation.Identity), y = Run(data, algorithm, data.Bias, Activation.Identity);
            for (int i = 0; i < y.Length; i++)
                if (i / output != 1 && y[i] != without[i]) Assert.Fail($"number {i}, of image {i / output}, is {y[i]}");
        }
    }

    /// <summary>Planes of an odd size, whose first numbers lie on the boundaries of vectors and beside them, and rows of whole vectors on them.</summary>
    [Theory, InlineData("shift", 365, false), InlineData("pointwise", 365, false), InlineData("shift", 368, true), InlineData("pointwise", 368, true)]
    public void Results_too_large_for_the_caches_come_out_exactly(string algorithm, int size, bool isAligned)
    {
        ConvData data = new(new ConvShape(2, 2, size, 8, 1), isInteger: true);
        double[] expected = ReferenceActivations.Forward(Activation.Relu, data.Y);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Expect.Exactly(expected, Run(data, algorithm, data.Bias, Activation.Relu, isAligned));
            if (width == SimdWidth.Vector512) Expect.Exactly(data.Y, Run(data, algorithm, data.Bias, Activation.Identity, isAligned));
        }
    }

    private static float[] Run(ConvData data, string algorithm, float[] bias, Activation activation, bool isAligned = false)
    {
        const int line = 16; // floats of the widest vector
        int length = (int)data.Shape.OutputLength, start = 0;
        Guarded<float> x = new(data.X), w = new(data.W), b = new(bias), y = new(isAligned ? length + line : length);
        while (isAligned && (nuint)(y.Data + start) % (line * sizeof(float)) != 0) start++;
        float[] around = y.Span.ToArray();
        ConvCases.Algorithm(algorithm).Forward(data.Shape, x.Data, w.Data, bias.Length == 0 ? null : b.Data, activation, y.Data + start);
        x.AssertIntact();
        w.AssertIntact();
        y.AssertIntact();
        Assert.Equal(around.AsSpan(0, start), y.Span[..start]);
        Assert.Equal(around.AsSpan(start + length), y.Span[(start + length)..]);
        return y.Span.Slice(start, length).ToArray();
    }
}
