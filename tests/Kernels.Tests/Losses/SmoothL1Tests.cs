using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The smooth absolute error against the twin and the twin's differences.</summary>
public class SmoothL1Tests
{
    [Theory, InlineData(1f, false), InlineData(0.25f, true), InlineData(0f, false), InlineData(2f, true)]
    public void Loss_and_derivative_are_the_twins(float beta, bool weighted)
    {
        float[] output = Numbers.Random(35, 1, limit: 2), target = Numbers.Random(35, 2, limit: 2), weights = weighted ? Numbers.Random(35, 3) : [];
        Guarded<float> doutput = new(35);
        double loss = SmoothL1.Run(output, target, 0.2f, doutput.Span, weights, beta);
        doutput.AssertIntact();
        double[] y = ReferenceArrays.ToDoubles(output), t = ReferenceArrays.ToDoubles(target);
        double[]? w = weighted ? ReferenceArrays.ToDoubles(weights) : null;
        Assert.Equal(ReferenceLosses.SmoothL1(y, t, beta, w), loss, 1e-5);
        Expect.Near(ReferenceArrays.CentralDifferences(x => 0.2 * ReferenceLosses.SmoothL1(x, t, beta, w), y), doutput.Span, 1e-3, 1e-5);
    }

    [Fact]
    public void It_is_square_near_zero_and_straight_far_from_it()
    {
        float[] doutput = new float[5];
        Assert.Equal(0.125 + 0.5 + 9.5, SmoothL1.Run([0.5f, 1, -10, 3, 7], [0, 0, 0, 3, 0], 2, doutput, [1, 1, 1, 1, 0]));
        Assert.Equal([1f, 2, -2, 0, 0], doutput);
        Assert.Equal(double.NaN, SmoothL1.Run([float.NaN], [0], 1, doutput));
        Assert.Equal(float.NaN, doutput[0]);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        Assert.Throws<ArgumentException>("target", () => SmoothL1.Run(three, two, 1, three));
        Assert.Throws<ArgumentException>("doutput", () => SmoothL1.Run(three, three, 1, two));
        Assert.Throws<ArgumentException>("weights", () => SmoothL1.Run(three, three, 1, three, two));
        foreach (float beta in new[] { -1, float.NaN })
            Assert.Throws<ArgumentOutOfRangeException>("beta", () => SmoothL1.Run(three, three, 1, three, beta: beta));
    }
}
