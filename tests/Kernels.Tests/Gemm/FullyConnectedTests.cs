using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The three passes of the fully connected layer against the twin.</summary>
public class FullyConnectedTests
{
    /// <summary>
    /// Images, inputs, outputs: fewer inputs than lanes, no multiple of them, a multiple; few images, and enough for the Gemm path; many inputs
    /// of many images; for few images rows a multiple of 4 KB apart.
    /// </summary>
    private static readonly (int Images, int Inputs, int Outputs)[] Sizes =
    [
        (1, 1, 1), (2, 3, 5), (3, 7, 6), (5, 16, 13), (4, 17, 7), (7, 32, 12), (6, 47, 55), (3, 120, 84), (2, 400, 10),
        (64, 19, 9), (65, 19, 9), (70, 3, 2), (130, 33, 35), (9, 5, 200),
        (17, 2100, 13), (33, 1030, 7), (1, 1024, 256), (2, 2048, 130), (3, 3072, 86), (4, 1024, 259), (5, 1024, 257), (4, 5120, 53), (8, 2048, 131),
    ];

    /// <summary>
    /// Fewer rows of W than streams and some more, one chunk of rows and several; all numbers of images in a block, several blocks; half vectors
    /// left behind whole ones.
    /// </summary>
    private static readonly (int Images, int Inputs, int Outputs)[] SizesFromMemory =
    [
        (1, 1, 1), (2, 3, 5), (3, 16, 6), (4, 17, 7), (4, 64, 13), (5, 33, 12), (7, 47, 35), (9, 15, 20), (16, 129, 19), (17, 12, 8),
        (1, 1030, 300), (2, 1024, 259), (3, 517, 700), (4, 4100, 67), (4, 2048, 130), (8, 1030, 257), (16, 530, 531),
        (3, 40, 15), (4, 24, 22), (2, 56, 14), (4, 1031, 301),
    ];

    public static TheoryData<SimdWidth, int, int, int> Cases { get; } = MakeCases(Sizes);

    public static TheoryData<SimdWidth, int, int, int> CasesFromMemory { get; } = MakeCases(SizesFromMemory);

    [Theory, MemberData(nameof(CasesFromMemory))]
    public void So_they_do_of_weights_larger_than_the_caches(SimdWidth width, int images, int inputs, int outputs)
    {
        using ForcedCaches none = new(CacheSizes.Current with { Level3 = 0 });
        Whole_numbers_come_out_exactly_in_all_passes(width, images, inputs, outputs);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Whole_numbers_come_out_exactly_in_all_passes(SimdWidth width, int images, int inputs, int outputs)
    {
        using ForcedWidth forced = new(width);
        Guarded<float> x = new(Numbers.Integers(images * inputs, 1)), w = new(Numbers.Integers(outputs * inputs, 2)), b = new(Numbers.Integers(outputs, 3));
        Guarded<float> dy = new(Numbers.Integers(images * outputs, 4)), y = new(images * outputs), dx = new(images * inputs);
        Guarded<float> dw = new(Numbers.Integers(outputs * inputs, 5)), db = new(Numbers.Integers(outputs, 6));
        double[] twinX = ReferenceArrays.ToDoubles(x.Span), twinW = ReferenceArrays.ToDoubles(w.Span), twinDy = ReferenceArrays.ToDoubles(dy.Span);
        (double[] dwSum, double[] dbSum) = ReferenceGemm.FullyConnectedBackwardWeights(images, inputs, outputs, twinX, twinDy);
        for (int i = 0; i < dwSum.Length; i++) dwSum[i] += dw.Span[i];
        for (int o = 0; o < dbSum.Length; o++) dbSum[o] += db.Span[o];

        FullyConnected.Forward(images, inputs, outputs, x.Span, w.Span, b.Span, Activation.Identity, y.Span);
        FullyConnected.BackwardInput(images, inputs, outputs, dy.Span, w.Span, dx.Span);
        FullyConnected.BackwardWeights(images, inputs, outputs, x.Span, dy.Span, dw.Span, db.Span);

        foreach (Guarded<float> buffer in new[] { x, w, b, dy, y, dx, dw, db }) buffer.AssertIntact();
        Expect.Near(ReferenceGemm.FullyConnectedForward(images, inputs, outputs, twinX, twinW, ReferenceArrays.ToDoubles(b.Span)), y.Span, 0, 0);
        Expect.Near(ReferenceGemm.FullyConnectedBackwardInput(images, inputs, outputs, twinDy, twinW), dx.Span, 0, 0);
        Expect.Near(dwSum, dw.Span, 0, 0);
        Expect.Near(dbSum, db.Span, 0, 0);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Random_numbers_are_within_rounding(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach ((int images, int inputs, int outputs) in Sizes) AssertWithinRounding(images, inputs, outputs);
        using ForcedCaches none = new(CacheSizes.Current with { Level3 = 0 });
        foreach ((int images, int inputs, int outputs) in SizesFromMemory) AssertWithinRounding(images, inputs, outputs);
    }

    [Theory, InlineData(3), InlineData(80)]
    public void Bias_comes_before_the_activation(int images)
    {
        const int inputs = 21, outputs = 14;
        float[] x = Numbers.Random(images * inputs, 1), w = Numbers.Random(outputs * inputs, 2), b = Numbers.Random(outputs, 3), y = new float[images * outputs];
        double[] z = ReferenceGemm.FullyConnectedForward(
            images, inputs, outputs, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(w), ReferenceArrays.ToDoubles(b));
        foreach (Activation activation in new[] { Activation.Relu, Activation.LeakyRelu(0.2f), Activation.Sigmoid, Activation.Tanh, Activation.Elu(0.4f), Activation.ScaledTanh })
        {
            FullyConnected.Forward(images, inputs, outputs, x, w, b, activation, y);
            Expect.Near(ReferenceActivations.Forward(activation, z), y, 1e-6, 2e-6);
        }
    }

    [Fact]
    public void The_gradient_of_no_bias_is_not_asked_for()
    {
        float[] dw = [1, 1];
        FullyConnected.BackwardWeights(1, 2, 1, [3, 4], [2], dw, []);
        Assert.Equal([7f, 9], dw);
    }

    [Fact]
    public void Sizes_and_spans_are_checked()
    {
        float[] six = new float[6], two = new float[2], one = new float[1];
        Assert.Throws<ArgumentOutOfRangeException>("images", () => FullyConnected.Forward(0, 3, 1, six, six, [], default, two));
        Assert.Throws<ArgumentOutOfRangeException>("inputs", () => FullyConnected.BackwardInput(2, 0, 1, six, six, two));
        Assert.Throws<ArgumentOutOfRangeException>("outputs", () => FullyConnected.BackwardWeights(2, 3, 0, six, six, two, []));
        Assert.Throws<ArgumentException>("x", () => FullyConnected.Forward(2, 3, 2, two, six, [], default, six));
        Assert.Throws<ArgumentException>("w", () => FullyConnected.Forward(2, 3, 2, six, two, [], default, six));
        Assert.Throws<ArgumentException>("bias", () => FullyConnected.Forward(2, 3, 2, six, six, one, default, six));
        Assert.Throws<ArgumentException>("y", () => FullyConnected.Forward(2, 3, 2, six, six, [], default, two));
        Assert.Throws<ArgumentException>("dx", () => FullyConnected.BackwardInput(2, 3, 2, six, six, two));
        Assert.Throws<ArgumentException>("dw", () => FullyConnected.BackwardWeights(2, 3, 2, six, six, two, []));
        ArgumentException dbias = Assert.Throws<ArgumentException>("dbias", () => FullyConnected.BackwardWeights(2, 3, 2, six, six, six, one));
        Assert.Contains("dbias holds 1 numbers; this shape needs 2", dbias.Message, StringComparison.Ordinal);
    }

    private static void AssertWithinRounding(int images, int inputs, int outputs)
    {
        float[] x = Numbers.Random(images * inputs, 1), w = Numbers.Random(outputs * inputs, 2), y = new float[images * outputs];
        float[] dy = Numbers.Random(images * outputs, 3), dx = new float[images * inputs];
        double[] twinX = ReferenceArrays.ToDoubles(x), twinW = ReferenceArrays.ToDoubles(w), twinDy = ReferenceArrays.ToDoubles(dy);
        double[] absoluteX = ReferenceArrays.Absolute(twinX), absoluteW = ReferenceArrays.Absolute(twinW), absoluteDy = ReferenceArrays.Absolute(twinDy);
        FullyConnected.Forward(images, inputs, outputs, x, w, [], Activation.Identity, y);
        Expect.WithinRounding(
            ReferenceGemm.FullyConnectedForward(images, inputs, outputs, twinX, twinW),
            ReferenceGemm.FullyConnectedForward(images, inputs, outputs, absoluteX, absoluteW), y);
        FullyConnected.BackwardInput(images, inputs, outputs, dy, w, dx);
        Expect.WithinRounding(
            ReferenceGemm.FullyConnectedBackwardInput(images, inputs, outputs, twinDy, twinW),
            ReferenceGemm.FullyConnectedBackwardInput(images, inputs, outputs, absoluteDy, absoluteW), dx);
    }

    private static TheoryData<SimdWidth, int, int, int> MakeCases((int Images, int Inputs, int Outputs)[] sizes)
    {
        TheoryData<SimdWidth, int, int, int> cases = [];
        foreach (SimdWidth width in SimdWidths.Values)
            foreach ((int images, int inputs, int outputs) in sizes) cases.Add(width, images, inputs, outputs);
        return cases;
    }
}
