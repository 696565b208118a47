using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The squared error against the twin and the twin's differences.</summary>
public class SquaredErrorTests
{
    [Fact]
    public void Loss_and_derivative_are_the_twins()
    {
        float[] output = Numbers.Random(35, 1, limit: 3), target = Numbers.Random(35, 2, limit: 3);
        Guarded<float> doutput = new(35);
        double loss = SquaredError.Run(output, target, 0.2f, doutput.Span);
        doutput.AssertIntact();
        double[] twin = ReferenceArrays.ToDoubles(output), twinTarget = ReferenceArrays.ToDoubles(target);
        Assert.Equal(ReferenceLosses.SquaredError(twin, twinTarget), loss, 1e-5);
        Expect.Near(ReferenceArrays.CentralDifferences(a => 0.2 * ReferenceLosses.SquaredError(a, twinTarget), twin), doutput.Span, 1e-3, 1e-5);
    }

    [Fact]
    public void Whole_numbers_are_exact_and_the_target_may_be_overwritten()
    {
        float[] target = [1, 5, -2];
        double loss = SquaredError.Run([4, 3, -2], target, 0.5f, target);
        Assert.Equal(0.5 * (9 + 4), loss);
        Assert.Equal([1.5f, -1, 0], target);
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        ArgumentException exception = Assert.Throws<ArgumentException>("target", () => SquaredError.Run(three, two, 1, three));
        Assert.Contains("target holds 2 numbers; this shape needs 3", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("doutput", () => SquaredError.Run(three, three, 1, two));
    }
}
