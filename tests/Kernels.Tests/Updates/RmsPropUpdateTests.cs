using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Several steps of RMSprop against the twin, on every width and at every length around the lanes.</summary>
public class RmsPropUpdateTests
{
    public static TheoryData<SimdWidth, float, float, bool> Cases { get; } = MakeCases();

    [Theory, MemberData(nameof(Cases))]
    public void Three_steps_are_the_twins(SimdWidth width, float momentum, float weightDecay, bool centered)
    {
        using ForcedWidth forced = new(width);
        RmsPropRates rates = new(0.75f, 1e-2f, momentum, weightDecay);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> w = new(Numbers.Integers(length, 1)), square = new(new float[length]);
            Guarded<float> velocity = new(new float[momentum > 0 ? length : 0]), mean = new(new float[centered ? length : 0]);
            double[] twinW = ReferenceArrays.ToDoubles(w.Span), twinSquare = new double[length], twinVelocity = new double[length];
            double[]? twinMean = centered ? new double[length] : null;
            for (int step = 1; step <= 3; step++)
            {
                Guarded<float> g = new(Numbers.Integers(length, 1 + step));
                RmsPropUpdate.Run(w.Span, g.Span, square.Span, velocity.Span, mean.Span, rates, 0.5f);
                ReferenceRmsProp.Step(twinW, ReferenceArrays.ToDoubles(g.Span), twinSquare, twinVelocity, twinMean, rates, 0.5);
                g.AssertIntact();
            }
            foreach (Guarded<float> buffer in new[] { w, square, velocity, mean }) buffer.AssertIntact();
            Expect.Near(twinSquare, square.Span, 1e-5, 0);
            if (momentum > 0) Expect.Near(twinVelocity, velocity.Span, 1e-5, 1e-5);
            if (length > 0 && centered) Expect.Near(twinMean!, mean.Span, 1e-5, 1e-6);
            Expect.Near(twinW, w.Span, 1e-5, 1e-5);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Ten_steps_of_usual_numbers_stay_within_rounding(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // More than two of the pieces that threads share out.
        const int length = 17_003;
        RmsPropRates rates = new(0.99f, 1e-3f, 0.9f, 5e-4f);
        float[] w = Numbers.Random(length, 1), square = new float[length], velocity = new float[length], mean = new float[length];
        double[] twinW = ReferenceArrays.ToDoubles(w), twinSquare = new double[length], twinVelocity = new double[length], twinMean = new double[length];
        for (int step = 0; step < 10; step++)
        {
            float[] g = Numbers.Random(length, 10 + step);
            RmsPropUpdate.Run(w, g, square, velocity, mean, rates, 0.001f);
            ReferenceRmsProp.Step(twinW, ReferenceArrays.ToDoubles(g), twinSquare, twinVelocity, twinMean, rates, 0.001f);
        }
        Expect.Near(twinW, w, 1e-5, 1e-5);
        Expect.Near(twinSquare, square, 1e-5, 1e-7);
    }

    [Fact]
    public void The_first_step_is_the_learning_rate_over_the_root_of_one_less_alpha()
    {
        float[] w = [1, 1], square = new float[2];
        RmsPropUpdate.Run(w, [8, -1e-3f], square, [], [], new RmsPropRates(0.75f, 0, 0, 0), 0.25f);
        Expect.Near([0.5, 1.5], w, 1e-6, 0);
    }

    [Fact]
    public void Gradients_that_are_always_alike_leave_a_variance_of_almost_nothing_not_below()
    {
        const int length = 33;
        float[] w = Numbers.Random(length, 1), square = new float[length], mean = new float[length], g = Numbers.Random(length, 2);
        RmsPropRates rates = new(0.5f, 1f, 0, 0);
        for (int step = 0; step < 200; step++) RmsPropUpdate.Run(w, g, square, [], mean, rates, 0.01f);
        Assert.All(w, x => Assert.True(float.IsFinite(x)));
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        RmsPropRates rates = new(0.9f, 1, 0.5f, 0);
        ArgumentException exception = Assert.Throws<ArgumentException>("gradient", () => RmsPropUpdate.Run(three, two, three, three, three, rates, 1));
        Assert.Contains("gradient holds 2 numbers; this shape needs 3", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("square", () => RmsPropUpdate.Run(three, three, two, three, three, rates, 1));
        Assert.Throws<ArgumentException>("velocity", () => RmsPropUpdate.Run(three, three, three, [], three, rates, 1));
        Assert.Throws<ArgumentException>("mean", () => RmsPropUpdate.Run(three, three, three, three, two, rates, 1));
    }

    private static TheoryData<SimdWidth, float, float, bool> MakeCases()
    {
        TheoryData<SimdWidth, float, float, bool> cases = [];
        foreach (SimdWidth width in SimdWidths.Values)
            foreach (float momentum in new[] { 0f, 0.5f })
                foreach (float weightDecay in new[] { 0f, 0.25f })
                    foreach (bool centered in new[] { false, true }) cases.Add(width, momentum, weightDecay, centered);
        return cases;
    }
}
