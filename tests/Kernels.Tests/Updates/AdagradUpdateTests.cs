using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Several steps of Adagrad against the twin, on every width and at every length around the lanes.</summary>
public class AdagradUpdateTests
{
    public static TheoryData<SimdWidth, float> Cases { get; } =
        Rows.Of(from width in SimdWidths.Values from weightDecay in new[] { 0f, 0.25f } select (width, weightDecay));

    [Theory, MemberData(nameof(Cases))]
    public void Three_steps_are_the_twins(SimdWidth width, float weightDecay)
    {
        using ForcedWidth forced = new(width);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> w = new(Numbers.Integers(length, 1)), g = new(Numbers.Integers(length, 2)), sum = new(new float[length]);
            sum.Span.Fill(0.5f);
            double[] twinW = ReferenceArrays.ToDoubles(w.Span), twinG = ReferenceArrays.ToDoubles(g.Span), twinSum = ReferenceArrays.ToDoubles(sum.Span);
            for (int step = 0; step < 3; step++)
            {
                AdagradUpdate.Run(w.Span, g.Span, sum.Span, 0.5f, 1e-3f, weightDecay);
                ReferenceAdagrad.Step(twinW, twinG, twinSum, 0.5, 1e-3f, weightDecay);
            }
            foreach (Guarded<float> buffer in new[] { w, g, sum }) buffer.AssertIntact();
            Expect.Near(twinW, w.Span, 2e-6, 2e-6);
            Expect.Near(twinSum, sum.Span, 2e-6, 0);
        }
    }

    [Fact]
    public void The_first_step_is_the_learning_rate_against_the_gradients_sign()
    {
        float[] w = [1, 2, 3], sum = new float[3];
        AdagradUpdate.Run(w, [4, -1e-3f, 0], sum, 0.25f, 1e-10f, 0);
        Expect.Near([0.75, 2.25, 3], w, 1e-5, 0);
        Expect.Near([16, 1e-6, 0], sum, 1e-6, 0);
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        Assert.Throws<ArgumentException>("gradient", () => AdagradUpdate.Run(three, two, three, 1, 1, 0));
        Assert.Throws<ArgumentException>("sum", () => AdagradUpdate.Run(three, three, two, 1, 1, 0));
    }
}
