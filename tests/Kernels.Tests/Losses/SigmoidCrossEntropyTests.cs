using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Sigmoid and binary cross-entropy against the twin, and its derivative against the twin's differences.</summary>
public class SigmoidCrossEntropyTests
{
    [Theory, InlineData(1, false), InlineData(17, false), InlineData(35, true), InlineData(5000, false), InlineData(5000, true)]
    public void Loss_and_derivative_are_the_twins(int length, bool weighted)
    {
        float[] logits = Numbers.Random(length, 1, limit: 6), targets = Numbers.Random(length, 2), weights = weighted ? Numbers.Random(length, 3, limit: 2) : [];
        foreach (ref float target in targets.AsSpan()) target = Math.Max(0, target); // many zeros, and softer targets
        Guarded<float> dlogits = new(length);
        double loss = SigmoidCrossEntropy.Run(logits, targets, 0.2f, dlogits.Span, weights);
        dlogits.AssertIntact();

        double[] z = ReferenceArrays.ToDoubles(logits), t = ReferenceArrays.ToDoubles(targets), w = ReferenceArrays.ToDoubles(weights);
        double expected = ReferenceLosses.SigmoidCrossEntropy(z, t, weighted ? w : null);
        Assert.Equal(expected, loss, 1e-6 * length);
        // In closed form, and where it takes no time by differences, too.
        double[] derivative = [.. Enumerable.Range(0, length).Select(i => 0.2 * (weighted ? w[i] : 1) * ((1 / (1 + Math.Exp(-z[i]))) - t[i]))];
        Expect.Near(derivative, dlogits.Span, 1e-5, 1e-7);
        if (length < 100)
            Expect.Near(
                ReferenceArrays.CentralDifferences(x => 0.2 * ReferenceLosses.SigmoidCrossEntropy(x, t, weighted ? w : null), z), dlogits.Span, 1e-3, 1e-5);
    }

    [Fact]
    public void Logits_of_ten_thousand_overflow_nowhere()
    {
        float[] dlogits = new float[4];
        Assert.Equal(20_000, SigmoidCrossEntropy.Run([1e4f, -1e4f, 1e4f, -1e4f], [1, 0, 0, 1], 1, dlogits));
        Assert.Equal([0f, 0, 1, -1], dlogits);
    }

    [Fact]
    public void What_has_no_weight_has_no_loss_and_no_derivative()
    {
        float[] dlogits = new float[3];
        double loss = SigmoidCrossEntropy.Run([0, 5, float.NaN], [1, float.NaN, 0], 1, dlogits, [2, 0, 0]);
        Assert.Equal(2 * Math.Log(2), loss, 1e-6);
        Assert.Equal([-1f, 0, 0], dlogits);
        Assert.Equal(double.NaN, SigmoidCrossEntropy.Run([float.NaN], [0], 1, dlogits));
        Assert.Equal(float.NaN, dlogits[0]);
    }

    [Fact]
    public void The_targets_may_be_overwritten()
    {
        float[] logits = Numbers.Random(33, 1), targets = new float[33], apart = new float[33];
        SigmoidCrossEntropy.Run(logits, targets, 1, apart);
        SigmoidCrossEntropy.Run(logits, targets, 1, targets);
        Expect.SameBits(apart, targets);
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        Assert.Throws<ArgumentException>("targets", () => SigmoidCrossEntropy.Run(three, two, 1, three));
        Assert.Throws<ArgumentException>("dlogits", () => SigmoidCrossEntropy.Run(three, three, 1, two));
        Assert.Throws<ArgumentException>("weights", () => SigmoidCrossEntropy.Run(three, three, 1, three, two));
        Assert.Equal(0, SigmoidCrossEntropy.Run([], [], 1, []));
    }
}
