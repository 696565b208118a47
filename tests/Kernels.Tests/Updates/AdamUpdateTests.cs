using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Several steps of Adam against the twin, on every width and at every length around the lanes.</summary>
public class AdamUpdateTests
{
    private static readonly AdamRates Usual = new(0.9f, 0.999f, 1e-8f, 0);

    public static TheoryData<SimdWidth, float, float, float, float, bool> Cases { get; } = MakeCases();

    [Theory, MemberData(nameof(Cases))]
    public void Three_steps_are_the_twins(SimdWidth width, float beta1, float beta2, float epsilon, float weightDecay, bool decoupled)
    {
        using ForcedWidth forced = new(width);
        AdamRates rates = new(beta1, beta2, epsilon, weightDecay, decoupled);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> w = new(Numbers.Integers(length, 1)), g = new(Numbers.Integers(length, 2));
            Guarded<float> m = new(new float[length]), v = new(new float[length]);
            double[] twinW = ReferenceArrays.ToDoubles(w.Span), twinG = ReferenceArrays.ToDoubles(g.Span);
            double[] twinM = new double[length], twinV = new double[length];
            for (int step = 1; step <= 3; step++)
            {
                AdamUpdate.Run(w.Span, g.Span, m.Span, v.Span, rates, 0.5f, step);
                ReferenceAdam.Step(twinW, twinG, twinM, twinV, rates, 0.5, step);
            }
            foreach (Guarded<float> buffer in new[] { w, g, m, v }) buffer.AssertIntact();
            Expect.Near(twinM, m.Span, 1e-6, 0);
            Expect.Near(twinV, v.Span, 1e-6, 0);
            Expect.Near(twinW, w.Span, 1e-6, 2e-6);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Ten_steps_of_usual_numbers_stay_within_rounding(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        // More than two of the pieces that threads share out.
        const int length = 17_003;
        float[] w = Numbers.Random(length, 1), m = new float[length], v = new float[length];
        double[] twinW = ReferenceArrays.ToDoubles(w), twinM = new double[length], twinV = new double[length];
        AdamRates rates = Usual with { WeightDecay = 0.05f, IsDecoupled = true };
        for (int step = 1; step <= 10; step++)
        {
            float[] g = Numbers.Random(length, 10 + step);
            AdamUpdate.Run(w, g, m, v, rates, 0.001f, step);
            ReferenceAdam.Step(twinW, ReferenceArrays.ToDoubles(g), twinM, twinV, rates, 0.001f, step);
        }
        Expect.Near(twinW, w, 1e-6, 1e-6);
        Expect.Near(twinM, m, 1e-6, 1e-6);
        Expect.Near(twinV, v, 2e-6, 0);
    }

    [Fact]
    public void The_first_step_is_the_learning_rate_against_the_gradients_sign()
    {
        float[] w = [1, 2, 3], m = new float[3], v = new float[3];
        AdamUpdate.Run(w, [4, -1e-3f, 0], m, v, Usual, 0.25f, 1);
        Expect.Near([0.75, 2.25, 3], w, 1e-5, 0);
    }

    [Fact]
    public void Without_a_gradient_only_the_decoupled_decay_moves_a_weight()
    {
        float[] w = [8, -8], m = new float[2], v = new float[2];
        AdamUpdate.Run(w, [0, 0], m, v, new AdamRates(0.5f, 0.5f, 1e-8f, 0.25f, IsDecoupled: true), 0.5f, 1);
        Assert.Equal([7f, -7], w);
    }

    [Fact]
    public void After_a_million_steps_nothing_is_corrected_any_more()
    {
        float[] w = [0], m = [3], v = [9];
        AdamUpdate.Run(w, [3], m, v, Usual, 0.5f, 1_000_000);
        Expect.Near([-0.5], w, 1e-6, 0);
    }

    [Fact]
    public void The_same_bits_come_from_any_number_of_threads()
    {
        const int length = 40_001;
        float[] expected = Run(1);
        foreach (int threads in new[] { 2, 3 }) Expect.SameBits(expected, Run(threads));

        static float[] Run(int threads)
        {
            using ForcedThreads forced = new(threads);
            float[] w = Numbers.Random(length, 1), m = new float[length], v = new float[length];
            for (int step = 1; step <= 3; step++) AdamUpdate.Run(w, Numbers.Random(length, 1 + step), m, v, Usual, 0.01f, step);
            return w;
        }
    }

    [Fact]
    public void Arguments_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        ArgumentException exception = Assert.Throws<ArgumentException>("gradient", () => AdamUpdate.Run(three, two, three, three, Usual, 1, 1));
        Assert.Contains("gradient holds 2 numbers; this shape needs 3", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("mean", () => AdamUpdate.Run(three, three, two, three, Usual, 1, 1));
        Assert.Throws<ArgumentException>("square", () => AdamUpdate.Run(three, three, three, two, Usual, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("step", () => AdamUpdate.Run(three, three, three, three, Usual, 1, 0));
    }

    private static TheoryData<SimdWidth, float, float, float, float, bool> MakeCases()
    {
        TheoryData<SimdWidth, float, float, float, float, bool> cases = [];
        foreach (SimdWidth width in SimdWidths.Values)
            foreach ((float beta1, float beta2) in new[] { (0f, 0f), (0.5f, 0.75f), (0.9f, 0.999f) })
                foreach (float epsilon in new[] { 1e-8f, 0.5f })
                    foreach ((float weightDecay, bool decoupled) in new[] { (0f, false), (0.25f, false), (0.25f, true) })
                        cases.Add(width, beta1, beta2, epsilon, weightDecay, decoupled);
        return cases;
    }
}
