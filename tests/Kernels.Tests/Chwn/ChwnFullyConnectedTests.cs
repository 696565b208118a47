using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The fully connected layer with images along the vector, against the twin.</summary>
public class ChwnFullyConnectedTests
{
    private static readonly (int Inputs, int Outputs)[] Sizes = [(1, 1), (3, 5), (7, 12), (16, 13), (17, 7), (33, 25), (47, 55), (120, 84), (400, 10), (5, 200)];

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Whole_numbers_come_out_exactly_in_all_passes(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach ((int inputs, int outputs) in Sizes)
            foreach (int images in new[] { 1, Simd.Lanes - 1, Simd.Lanes })
            {
                float[] x = Numbers.Integers(images * inputs, 1), dy = Numbers.Integers(images * outputs, 4);
                Guarded<float> w = new(Numbers.Integers(outputs * inputs, 2)), b = new(Numbers.Integers(outputs, 3));
                Guarded<float> dw = new(Numbers.Integers(outputs * inputs, 5)), db = new(Numbers.Integers(outputs, 6));
                Guarded<float> y = new(outputs * Simd.Lanes), dx = new(inputs * Simd.Lanes);
                Guarded<float> xLanes = new(ChwnData.From(x, inputs, 1e30f)), dyLanes = new(ChwnData.From(dy, outputs));
                double[] twinX = ReferenceArrays.ToDoubles(x), twinW = ReferenceArrays.ToDoubles(w.Span), twinDy = ReferenceArrays.ToDoubles(dy);
                (double[] dwSum, double[] dbSum) = ReferenceGemm.FullyConnectedBackwardWeights(images, inputs, outputs, twinX, twinDy);
                for (int i = 0; i < dwSum.Length; i++) dwSum[i] += dw.Span[i];
                for (int o = 0; o < dbSum.Length; o++) dbSum[o] += db.Span[o];

                ChwnFullyConnected.Forward(inputs, outputs, xLanes.Span, w.Span, b.Span, Activation.Identity, y.Span);
                ChwnFullyConnected.BackwardInput(inputs, outputs, dyLanes.Span, w.Span, dx.Span);
                ChwnFullyConnected.BackwardWeights(inputs, outputs, xLanes.Span, dyLanes.Span, dw.Span, db.Span);

                foreach (Guarded<float> buffer in new[] { w, b, dw, db, y, dx, xLanes, dyLanes }) buffer.AssertIntact();
                Expect.Near(
                    ReferenceGemm.FullyConnectedForward(images, inputs, outputs, twinX, twinW, ReferenceArrays.ToDoubles(b.Span)),
                    ChwnData.To<float>(y.Span, outputs, images), 0, 0);
                Expect.Near(ReferenceGemm.FullyConnectedBackwardInput(images, inputs, outputs, twinDy, twinW), ChwnData.To<float>(dx.Span, inputs, images), 0, 0);
                Expect.Near(dwSum, dw.Span, 0, 0);
                Expect.Near(dbSum, db.Span, 0, 0);
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Bias_comes_before_the_activation(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        const int inputs = 21, outputs = 14;
        int images = Simd.Lanes;
        float[] x = Numbers.Random(images * inputs, 1), w = Numbers.Random(outputs * inputs, 2), b = Numbers.Random(outputs, 3), y = new float[outputs * images];
        double[] z = ReferenceGemm.FullyConnectedForward(
            images, inputs, outputs, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(w), ReferenceArrays.ToDoubles(b));
        foreach (Activation activation in new[] { Activation.Relu, Activation.LeakyRelu(0.2f), Activation.Sigmoid, Activation.Tanh, Activation.Elu(0.4f), Activation.ScaledTanh })
        {
            ChwnFullyConnected.Forward(inputs, outputs, ChwnData.From(x, inputs), w, b, activation, y);
            Expect.Near(ReferenceActivations.Forward(activation, z), ChwnData.To<float>(y, outputs, images), 1e-6, 2e-6);
        }
    }

    [Fact]
    public void Sizes_and_spans_are_checked()
    {
        int lanes = Simd.Lanes;
        float[] x = new float[3 * lanes], y = new float[2 * lanes], six = new float[6], two = new float[2], one = new float[1];
        Assert.Throws<ArgumentOutOfRangeException>("inputs", () => ChwnFullyConnected.Forward(0, 2, x, six, [], default, y));
        Assert.Throws<ArgumentOutOfRangeException>("outputs", () => ChwnFullyConnected.BackwardInput(3, 0, y, six, x));
        Assert.Throws<ArgumentException>("x", () => ChwnFullyConnected.Forward(3, 2, one, six, [], default, y));
        Assert.Throws<ArgumentException>("w", () => ChwnFullyConnected.Forward(3, 2, x, two, [], default, y));
        Assert.Throws<ArgumentException>("bias", () => ChwnFullyConnected.Forward(3, 2, x, six, one, default, y));
        Assert.Throws<ArgumentException>("y", () => ChwnFullyConnected.Forward(3, 2, x, six, [], default, one));
        Assert.Throws<ArgumentException>("dx", () => ChwnFullyConnected.BackwardInput(3, 2, y, six, one));
        Assert.Throws<ArgumentException>("dw", () => ChwnFullyConnected.BackwardWeights(3, 2, x, y, two, []));
        Assert.Throws<ArgumentException>("dbias", () => ChwnFullyConnected.BackwardWeights(3, 2, x, y, six, one));
    }
}
