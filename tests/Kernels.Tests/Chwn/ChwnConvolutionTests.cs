using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The three passes with images along the vector, on every shape and width, against the twin.</summary>
public class ChwnConvolutionTests
{
    public static TheoryData<string, SimdWidth> ByWidth { get; } = Rows.Of(
        from shape in ConvCases.Names from width in SimdWidths.Values select (shape, width));

    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ByWidth))]
    public void Whole_numbers_come_out_exactly_in_all_passes(string name, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        ConvData data = ConvCases.Integers(name);
        ConvShape shape = data.Shape;
        Expect.Exactly(data.Y, Forward(data, data.Bias, Activation.Identity));
        Expect.Exactly(data.Dx, BackwardInput(data));
        (float[] dw, float[] dbias) = BackwardFilter(data);
        Expect.Exactly(data.Dw, dw);
        for (int k = 0; k < shape.K; k++)
        {
            float sum = 1;
            for (int n = 0; n < shape.N; n++)
                for (int p = 0; p < shape.OutputPlane; p++) sum += data.Delta[(((n * shape.K) + k) * shape.OutputPlane) + p];
            Assert.Equal(sum, dbias[k]);
        }
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void Random_numbers_are_within_rounding_on_every_width(string name)
    {
        ConvData data = ConvCases.Random(name);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Expect.WithinRounding(data.Y, data.YMagnitude, Forward(data, data.Bias, Activation.Identity));
            Expect.WithinRounding(data.Dx, data.DxMagnitude, BackwardInput(data));
            Expect.WithinRounding(data.Dw, data.DwMagnitude, BackwardFilter(data).Dw);
        }
    }

    [Theory]
    [InlineData("rectangular filter"), InlineData("groups 3, stride 2"), InlineData("13 filters"), InlineData("wide"), InlineData("padding larger than needed")]
    public void Bias_comes_before_the_activation(string name)
    {
        ConvData data = ConvCases.Integers(name);
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            Activation activation = new(kind, kind is ActivationKind.LeakyRelu or ActivationKind.Elu ? 0.25f : 0);
            double[] expected = ReferenceActivations.Forward(activation, data.Y);
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                float[] y = Forward(data, data.Bias, activation);
                if (!activation.IsLinearByParts) Expect.Near(expected, y, 1e-6, 1e-7);
                else Expect.Exactly(expected, y);
            }
        }
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void No_bias_is_a_bias_of_zeros(string name)
    {
        ConvData data = ConvCases.Integers(name);
        Expect.Exactly(ReferenceArrays.ToDoubles(Forward(data, new float[data.Shape.K], Activation.Identity)), Forward(data, [], Activation.Identity));
    }

    [Fact]
    public void Spans_are_checked()
    {
        ConvShape shape = new(1, 2, (4, 5), 3, 3);
        int lanes = Simd.Lanes;
        float[] x = new float[40 * lanes], w = new float[54], y = new float[18 * lanes], one = new float[1], two = new float[2];
        Assert.Throws<ArgumentException>("x", () => ChwnConvolution.Forward(shape, one, w, [], default, y));
        Assert.Throws<ArgumentException>("w", () => ChwnConvolution.Forward(shape, x, one, [], default, y));
        Assert.Throws<ArgumentException>("bias", () => ChwnConvolution.Forward(shape, x, w, two, default, y));
        Assert.Throws<ArgumentException>("y", () => ChwnConvolution.Forward(shape, x, w, [], default, one));
        Assert.Throws<ArgumentException>("dy", () => ChwnConvolution.BackwardInput(shape, one, w, x));
        Assert.Throws<ArgumentException>("dx", () => ChwnConvolution.BackwardInput(shape, y, w, one));
        Assert.Throws<ArgumentException>("dw", () => ChwnConvolution.BackwardFilter(shape, x, y, one, []));
        Assert.Throws<ArgumentException>("dbias", () => ChwnConvolution.BackwardFilter(shape, x, y, w, two));
    }

    // Lanes without an image hold numbers that must not matter, except in δ, where they are 0.
    private const float Empty = 1e30f;

    private static float[] Forward(ConvData data, ReadOnlySpan<float> bias, Activation activation) => InGroups(data.Shape, (shape, first, count) =>
    {
        int image = shape.C * shape.InputPlane, output = shape.K * shape.OutputPlane;
        Guarded<float> y = new(output * Simd.Lanes), x = new(ChwnData.From(data.X.AsSpan(first * image, count * image), image, Empty));
        return (x, y, output);
    }, bias.ToArray(), (shape, x, y, b) => ChwnConvolution.Forward(shape, x.Span, data.W, b, activation, y.Span));

    private static float[] BackwardInput(ConvData data) => InGroups(data.Shape, (shape, first, count) =>
    {
        int image = shape.C * shape.InputPlane, output = shape.K * shape.OutputPlane;
        Guarded<float> dx = new(image * Simd.Lanes), dy = new(ChwnData.From(data.Delta.AsSpan(first * output, count * output), output));
        return (dy, dx, image);
    }, [], (shape, dy, dx, _) => ChwnConvolution.BackwardInput(shape, dy.Span, data.W, dx.Span));

    /// <summary>Runs as many images at once as there are lanes, and puts the results one after another.</summary>
    private static float[] InGroups(
        ConvShape shape, Func<ConvShape, int, int, (Guarded<float> From, Guarded<float> To, int Length)> prepare, float[] bias,
        Action<ConvShape, Guarded<float>, Guarded<float>, float[]> run)
    {
        List<float> all = [];
        for (int first = 0; first < shape.N; first += Simd.Lanes)
        {
            int count = Math.Min(Simd.Lanes, shape.N - first);
            (Guarded<float> from, Guarded<float> to, int length) = prepare(shape, first, count);
            run(shape, from, to, bias);
            from.AssertIntact();
            to.AssertIntact();
            all.AddRange(ChwnData.To<float>(to.Span, length, count));
        }
        return [.. all];
    }

    private static (float[] Dw, float[] Dbias) BackwardFilter(ConvData data)
    {
        ConvShape shape = data.Shape;
        int image = shape.C * shape.InputPlane, output = shape.K * shape.OutputPlane;
        Guarded<float> dw = new(data.Before), dbias = new([.. Enumerable.Repeat(1f, shape.K)]);
        for (int first = 0; first < shape.N; first += Simd.Lanes)
        {
            int count = Math.Min(Simd.Lanes, shape.N - first);
            Guarded<float> x = new(ChwnData.From(data.X.AsSpan(first * image, count * image), image, Empty));
            Guarded<float> dy = new(ChwnData.From(data.Delta.AsSpan(first * output, count * output), output));
            ChwnConvolution.BackwardFilter(shape, x.Span, dy.Span, dw.Span, dbias.Span);
        }
        dw.AssertIntact();
        dbias.AssertIntact();
        return (dw.Span.ToArray(), dbias.Span.ToArray());
    }
}
