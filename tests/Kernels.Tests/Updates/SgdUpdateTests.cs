using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Several steps of gradient descent against the twin, on every width and at every length around the lanes.</summary>
public class SgdUpdateTests
{
    public static TheoryData<SimdWidth, float, float, bool> Cases { get; } = MakeCases();

    [Theory, MemberData(nameof(Cases))]
    public void Three_steps_are_exact_where_float32_is(SimdWidth width, float momentum, float weightDecay, bool nesterov)
    {
        using ForcedWidth forced = new(width);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> w = new(Numbers.Integers(length, 1)), g = new(Numbers.Integers(length, 2)), v = new(new float[length]);
            double[] twinW = ReferenceArrays.ToDoubles(w.Span), twinG = ReferenceArrays.ToDoubles(g.Span), twinV = new double[length];
            for (int step = 0; step < 3; step++)
            {
                SgdUpdate.Run(w.Span, g.Span, v.Span, 0.5f, momentum, weightDecay, nesterov);
                ReferenceSgd.Step(twinW, twinG, twinV, 0.5, momentum, weightDecay, nesterov);
            }
            foreach (Guarded<float> buffer in new[] { w, g, v }) buffer.AssertIntact();
            Expect.Near(twinW, w.Span, 0, 0);
            Expect.Near(twinV, v.Span, 0, 0);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Ten_steps_of_usual_numbers_stay_within_rounding(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // More than two of the pieces that threads share out.
        const int length = 33_003;
        foreach (bool nesterov in new[] { false, true })
        {
            float[] w = Numbers.Random(length, 1), v = new float[length];
            double[] twinW = ReferenceArrays.ToDoubles(w), twinV = new double[length];
            for (int step = 0; step < 10; step++)
            {
                float[] g = Numbers.Random(length, 10 + step);
                SgdUpdate.Run(w, g, v, 0.01f, 0.9f, 5e-4f, nesterov);
                ReferenceSgd.Step(twinW, ReferenceArrays.ToDoubles(g), twinV, 0.01f, 0.9f, 5e-4f, nesterov);
            }
            Expect.Near(twinW, w, 1e-6, 1e-6);
            Expect.Near(twinV, v, 1e-6, 5e-6);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Many_weights_in_longer_pieces_are_all_updated_once(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] w = Numbers.Integers((1 << 20) + 5, 1), g = Numbers.Integers(w.Length, 2), v = Numbers.Integers(w.Length, 3);
        double[] twinW = ReferenceArrays.ToDoubles(w), twinV = ReferenceArrays.ToDoubles(v);
        SgdUpdate.Run(w, g, v, 0.25f, 0.5f, 0, false);
        ReferenceSgd.Step(twinW, ReferenceArrays.ToDoubles(g), twinV, 0.25f, 0.5f, 0, false);
        Expect.Exactly(twinW, w);
        Expect.Exactly(twinV, v);
    }

    [Fact]
    public void Plain_descent_is_weights_less_rate_times_gradient()
    {
        float[] w = [1, 2, 3], v = new float[3];
        SgdUpdate.Run(w, [4, -8, 0], v, 0.25f, 0, 0, false);
        Assert.Equal([0f, 4, 3], w);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Without_momentum_no_velocity_is_needed(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        Guarded<float> with = new(Numbers.Random(41, 1)), without = new(with.Span);
        float[] g = Numbers.Random(41, 2);
        SgdUpdate.Run(with.Span, g, new float[41], 0.1f, 0, 0.01f, false);
        SgdUpdate.Run(without.Span, g, [], 0.1f, 0, 0.01f, false);
        without.AssertIntact();
        Expect.SameBits(with.Span, without.Span);
        Assert.Throws<ArgumentException>("velocity", () => SgdUpdate.Run(g, g, [], 1, 0.5f, 0, false));
    }

    [Fact]
    public void Nesterov_looks_one_velocity_ahead()
    {
        float[] w = [10], v = [4];
        SgdUpdate.Run(w, [2], v, 0.5f, 0.5f, 0, true);
        Assert.Equal(4, v[0]); // 0.5·4 + 2
        Assert.Equal(8, w[0]); // 10 − 0.5·(2 + 0.5·4)
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        ArgumentException exception = Assert.Throws<ArgumentException>("gradient", () => SgdUpdate.Run(three, two, three, 1, 0, 0, false));
        Assert.Contains("gradient holds 2 numbers; this shape needs 3", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("velocity", () => SgdUpdate.Run(three, three, two, 1, 0, 0, false));
    }

    private static TheoryData<SimdWidth, float, float, bool> MakeCases()
    {
        TheoryData<SimdWidth, float, float, bool> cases = [];
        foreach (SimdWidth width in SimdWidths.Values)
            foreach (float momentum in new[] { 0f, 0.5f })
                foreach (float weightDecay in new[] { 0f, 0.25f })
                    foreach (bool nesterov in new[] { false, true }) cases.Add(width, momentum, weightDecay, nesterov);
        return cases;
    }
}
