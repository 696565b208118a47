using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Batch normalisation against its twin on every width, for planes shorter and longer than a vector and than a piece.</summary>
public class BatchNormalizationTests
{
    private const float Epsilon = 1e-5f;

    private static readonly Dictionary<string, NormShape> Shapes = new()
    {
        ["odd planes"] = new(3, 5, 7 * 9),
        ["one image"] = new(1, 3, 5 * 6),
        ["one channel"] = new(4, 1, 11),
        ["planes of pieces"] = new(2, 3, 2100),
        ["vectors"] = new(9, 21, 1),
        ["many vectors"] = new(5, 2500, 1),
        ["many images"] = new(300, 2, 3),
        ["two numbers"] = new(2, 3, 1),
    };

    public static TheoryData<SimdWidth, string> Cases { get; } = Rows.Of(
        from width in SimdWidths.Values from name in Shapes.Keys select (width, name));

    [Theory, MemberData(nameof(Cases))]
    public void The_forward_pass_is_the_twins(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        foreach (Activation activation in new[] { Activation.Identity, Activation.Relu, Activation.LeakyRelu(0.2f), Activation.Tanh })
        {
            Data data = new(Shapes[name]);
            Guarded<float> x = new(data.X), y = new(data.X.Length), mean = new(data.Weight.Length), variance = new(data.Weight.Length);
            BatchNormalization.Forward(data.Shape, x.Span, data.Weight, data.Bias, Epsilon, activation, y.Span, mean.Span, variance.Span);
            foreach (Guarded<float> result in new[] { y, mean, variance }) result.AssertIntact();

            (double[] means, double[] variances) = ReferenceBatchNormalization.Statistics(data.Shape, ReferenceArrays.ToDoubles(data.X));
            Expect.Near(means, mean.Span, 1e-6, 1e-6);
            Expect.Near(variances, variance.Span, 1e-5, 1e-7);
            Expect.Near(ReferenceActivations.Forward(activation, data.TwinForward()), y.Span, 1e-5, 2e-5);

            // In place, the same bits.
            BatchNormalization.Forward(data.Shape, x.Span, data.Weight, data.Bias, Epsilon, activation, x.Span, mean.Span, variance.Span);
            Expect.SameBits(y.Span, x.Span);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Inference_takes_the_mean_and_variance_that_it_is_given(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        Data data = new(Shapes[name]);
        float[] mean = Numbers.Random(data.Weight.Length, 5), variance = [.. Numbers.Random(mean.Length, 6).Select(v => v + 1.5f)];
        Guarded<float> x = new(data.X), y = new(data.X.Length);
        BatchNormalization.Infer(data.Shape, x.Span, mean, variance, data.Weight, data.Bias, Epsilon, Activation.Relu, y.Span);
        y.AssertIntact();
        double[] twin = ReferenceBatchNormalization.Normalize(
            data.Shape, ReferenceArrays.ToDoubles(data.X), ReferenceArrays.ToDoubles(mean), ReferenceArrays.ToDoubles(variance),
            ReferenceArrays.ToDoubles(data.Weight), ReferenceArrays.ToDoubles(data.Bias), Epsilon);
        Expect.Near(ReferenceActivations.Forward(Activation.Relu, twin), y.Span, 1e-5, 1e-5);
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_backward_pass_is_the_twins_and_adds_to_the_parameters_gradients(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        Data data = new(Shapes[name]);
        (float[] mean, float[] variance) = data.Forward();
        float[] before = Numbers.Random(data.Weight.Length, 7);
        Guarded<float> x = new(data.X), dy = new(data.Delta), dx = new(data.X.Length), dweight = new(before), dbias = new(before);
        BatchNormalization.Backward(data.Shape, x.Span, mean, variance, data.Weight, Epsilon, dy.Span, dx.Span, dweight.Span, dbias.Span);
        foreach (Guarded<float> result in new[] { dx, dweight, dbias }) result.AssertIntact();

        (double[] twinDx, double[] twinDweight, double[] twinDbias) = ReferenceBatchNormalization.Backward(
            data.Shape, ReferenceArrays.ToDoubles(data.X), ReferenceArrays.ToDoubles(data.Weight), Epsilon, ReferenceArrays.ToDoubles(data.Delta));
        Expect.Near([.. twinDweight.Zip(before, (d, b) => d + b)], dweight.Span, 1e-5, 2e-5);
        Expect.Near([.. twinDbias.Zip(before, (d, b) => d + b)], dbias.Span, 1e-5, 2e-5);
        // With two numbers a channel, ∂x is the difference of almost equal terms.
        Expect.Near(twinDx, dx.Span, 1e-4, name == "two numbers" ? 3e-4 : 3e-5);

        // ∂x over δ, and without ∂x.
        float[] again = [.. before], alone = [.. before], biases = [.. before];
        BatchNormalization.Backward(data.Shape, x.Span, mean, variance, data.Weight, Epsilon, dy.Span, [], alone, biases);
        Expect.SameBits(dweight.Span, alone);
        Expect.SameBits(dbias.Span, biases);
        BatchNormalization.Backward(data.Shape, x.Span, mean, variance, data.Weight, Epsilon, dy.Span, dy.Span, again, biases);
        Expect.SameBits(dx.Span, dy.Span);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void A_mean_far_from_zero_costs_no_digits_of_the_variance(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // Whole numbers around 2²⁰, whose squares float32 cannot hold; the first image is far from the others.
        NormShape shape = new(8, 3, 40);
        float[] x = Numbers.Integers(shape.Length, 1), mean = new float[3], variance = new float[3], y = new float[x.Length];
        for (int i = 0; i < x.Length; i++) x[i] += (1 << 20) - (i < shape.ImageLength ? 1000 : 0);
        BatchNormalization.Forward(shape, x, [1, 1, 1], [0, 0, 0], Epsilon, Activation.Identity, y, mean, variance);
        (double[] means, double[] variances) = ReferenceBatchNormalization.Statistics(shape, ReferenceArrays.ToDoubles(x));
        Expect.Near(means, mean, 1e-7, 0);
        Expect.Near(variances, variance, 1e-5, 0);

        // All numbers equal: no variance at all.
        Array.Fill(x, 1e6f + 1);
        BatchNormalization.Forward(shape, x, [1, 1, 1], [0, 0, 3], Epsilon, Activation.Identity, y, mean, variance);
        Assert.Equal([0f, 0, 0], variance);
        for (int i = 0; i < y.Length; i++) Assert.Equal(i / shape.Plane % 3 == 2 ? 3 : 0, y[i]);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void A_NaN_spoils_its_channel_alone(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach (Activation activation in new[] { Activation.Identity, Activation.Relu })
        {
            Data data = new(Shapes["odd planes"]);
            int[] places = ReferenceBatchNormalization.Places(data.Shape, 2);
            data.X[places[^1]] = float.NaN;
            float[] y = new float[data.X.Length], mean = new float[5], variance = new float[5];
            BatchNormalization.Forward(data.Shape, data.X, data.Weight, data.Bias, Epsilon, activation, y, mean, variance);
            for (int i = 0; i < y.Length; i++) Assert.Equal(places.Contains(i), float.IsNaN(y[i]));
        }
    }

    [Fact]
    public void The_twins_derivatives_are_those_of_its_values()
    {
        NormShape shape = new(2, 2, 3);
        double[] x = ReferenceArrays.ToDoubles(Numbers.Random(12, 1)), u = ReferenceArrays.ToDoubles(Numbers.Random(12, 2)), weight = [0.5, -2], bias = [1, 3];
        (double[] dx, double[] dweight, double[] dbias) = ReferenceBatchNormalization.Backward(shape, x, weight, Epsilon, u);
        Near(ReferenceArrays.CentralDifferences(x => Loss(x, weight, bias), x), dx);
        Near(ReferenceArrays.CentralDifferences(w => Loss(x, w, bias), weight), dweight);
        Near(ReferenceArrays.CentralDifferences(b => Loss(x, weight, b), bias), dbias);

        double Loss(double[] x, double[] weight, double[] bias) =>
            ReferenceBatchNormalization.Forward(shape, x, weight, bias, Epsilon).Zip(u, (y, u) => y * u).Sum();

        static void Near(double[] expected, double[] actual)
        {
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6);
        }
    }

    [Fact]
    public void Spans_are_checked()
    {
        NormShape shape = new(2, 3, 4);
        float[] all = new float[24], less = new float[23], three = new float[3], two = new float[2];
        ArgumentException exception = Assert.Throws<ArgumentException>(
            "x", () => BatchNormalization.Forward(shape, less, three, three, 0, default, all, three, three));
        Assert.Contains("x holds 23 numbers; this shape needs 24", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("weight", () => BatchNormalization.Forward(shape, all, two, three, 0, default, all, three, three));
        Assert.Throws<ArgumentException>("bias", () => BatchNormalization.Forward(shape, all, three, two, 0, default, all, three, three));
        Assert.Throws<ArgumentException>("y", () => BatchNormalization.Forward(shape, all, three, three, 0, default, less, three, three));
        Assert.Throws<ArgumentException>("mean", () => BatchNormalization.Forward(shape, all, three, three, 0, default, all, two, three));
        Assert.Throws<ArgumentException>("variance", () => BatchNormalization.Forward(shape, all, three, three, 0, default, all, three, two));
        Assert.Throws<ArgumentException>("y", () => BatchNormalization.Infer(shape, all, three, three, three, three, 0, default, less));
        Assert.Throws<ArgumentException>("bias", () => BatchNormalization.Infer(shape, all, three, three, three, two, 0, default, all));
        Assert.Throws<ArgumentException>("dy", () => BatchNormalization.Backward(shape, all, three, three, three, 0, less, all, three, three));
        Assert.Throws<ArgumentException>("dx", () => BatchNormalization.Backward(shape, all, three, three, three, 0, all, less, three, three));
        Assert.Throws<ArgumentException>("dweight", () => BatchNormalization.Backward(shape, all, three, three, three, 0, all, all, two, three));
        Assert.Throws<ArgumentException>("dbias", () => BatchNormalization.Backward(shape, all, three, three, three, 0, all, all, three, two));
    }

    private sealed class Data(NormShape shape)
    {
        public NormShape Shape => shape;

        public float[] X { get; } = [.. Numbers.Random(shape.Length, 1).Select(x => (2 * x) + 0.7f)];

        public float[] Delta { get; } = Numbers.Random(shape.Length, 2);

        public float[] Weight { get; } = Numbers.Random(shape.Channels, 3);

        public float[] Bias { get; } = Numbers.Random(shape.Channels, 4);

        public (float[] Mean, float[] Variance) Forward()
        {
            float[] mean = new float[shape.Channels], variance = new float[shape.Channels];
            BatchNormalization.Forward(shape, X, Weight, Bias, Epsilon, Activation.Identity, new float[X.Length], mean, variance);
            return (mean, variance);
        }

        public double[] TwinForward() => ReferenceBatchNormalization.Forward(
            shape, ReferenceArrays.ToDoubles(X), ReferenceArrays.ToDoubles(Weight), ReferenceArrays.ToDoubles(Bias), Epsilon);
    }
}
