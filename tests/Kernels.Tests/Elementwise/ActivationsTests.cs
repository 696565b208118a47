using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Activation functions and their derivatives against the twin, on every width and at every length around the lanes.</summary>
public class ActivationsTests
{
    private static readonly Activation[] All =
    [
        Activation.Identity, Activation.Relu, Activation.LeakyRelu(), Activation.LeakyRelu(0.25f), Activation.Sigmoid, Activation.Tanh,
        Activation.Elu(), Activation.Elu(0.3f), Activation.Elu(0), Activation.ScaledTanh,
    ];

    /// <summary>Where functions bend, saturate and overflow.</summary>
    private static readonly float[] Special =
    [
        0, -0f, 1, -1, 1e-30f, -1e-30f, 1e-4f, -1e-4f, 0.5f, -0.5f, 9, -9, 20, -20, 88, -88, 89, -89, 104, -104, 1000, -1000,
        1e30f, -1e30f, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon,
    ];

    public static TheoryData<SimdWidth, ActivationKind, float> Cases { get; } = Rows.Of(
        from width in SimdWidths.Values from activation in All select (width, activation.Kind, activation.Slope));

    [Theory, MemberData(nameof(Cases))]
    public void Values_and_derivatives_are_the_twins_at_every_length_and_in_place(SimdWidth width, ActivationKind kind, float slope)
    {
        using ForcedWidth forced = new(width);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++) Check(new(kind, slope), Numbers.Random(length, length, limit: 6));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Large_and_tiny_numbers_neither_overflow_nor_become_NaN(SimdWidth width, ActivationKind kind, float slope)
    {
        using ForcedWidth forced = new(width);
        Check(new(kind, slope), Special);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Lengths_that_threads_share_out_are_whole(SimdWidth width, ActivationKind kind, float slope)
    {
        using ForcedWidth forced = new(width);
        Check(new(kind, slope), Numbers.Random(70_001, 1, limit: 3));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Results_larger_than_the_caches_are_the_same_from_every_address_on(SimdWidth width, ActivationKind kind, float slope)
    {
        using ForcedWidth forced = new(width);
        using ForcedCaches none = new(CacheSizes.Current with { Level3 = 0 });
        Activation activation = new(kind, slope);
        for (int start = 0; start <= Simd.Lanes; start++)
            foreach (int length in (int[])[1, Simd.Lanes, Simd.Lanes + 1, (2 * Simd.Lanes) - 1, (5 * Simd.Lanes) + 3, 33_000])
            {
                float[] x = Numbers.Random(length, length, limit: 3), delta = Numbers.Random(length, 99), inPlace = [.. x], deltaInPlace = [.. delta];
                Guarded<float> y = new(start + length), dx = new(start + length);
                Activations.Forward(activation, x, y.Span[start..]);
                Activations.Backward(activation, y.Span[start..], delta, dx.Span[start..]);
                y.AssertIntact();
                dx.AssertIntact();
                // In place nothing is streamed.
                Activations.Forward(activation, inPlace, inPlace);
                Activations.Backward(activation, inPlace, deltaInPlace, deltaInPlace);
                Expect.SameBits(inPlace, y.Span[start..]);
                Expect.SameBits(deltaInPlace, dx.Span[start..]);
                Assert.All(y.Span[..start].ToArray().Concat(dx.Span[..start].ToArray()), number => Assert.Equal(float.NaN, number));
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void NaN_stays_NaN_and_infinities_go_to_the_limits(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach (Activation activation in All)
        {
            // As often as to reach both the full vectors and the rest.
            float[] x = [.. Enumerable.Range(0, 35).Select(i => (i % 3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity })];
            float[] y = new float[x.Length];
            Activations.Forward(activation, x, y);
            Assert.Equal(ReferenceActivations.Forward(activation, ReferenceArrays.ToDoubles(x)).Select(value => (float)value), y);
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void At_zero_the_rectifiers_take_the_slope_from_the_left(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] dx = new float[20], zeros = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? 0f : -0f)], ones = [.. Enumerable.Repeat(1f, 20)];
        Activations.Backward(Activation.Relu, zeros, ones, dx);
        Assert.All(dx, value => Assert.Equal(0, value));
        foreach (Activation activation in new[] { Activation.LeakyRelu(0.25f), Activation.Elu(0.25f) })
        {
            Activations.Backward(activation, zeros, ones, dx);
            Assert.All(dx, value => Assert.Equal(0.25f, value));
        }
    }

    [Fact]
    public void A_leak_must_not_turn_the_sign()
    {
        foreach (float slope in new[] { -0.1f, float.NaN, float.NegativeInfinity })
        {
            ArgumentException exception = Assert.Throws<ArgumentException>("slope", () => Activation.LeakyRelu(slope));
            Assert.Contains($"the slope is {slope}; it must be 0 or more", exception.Message, StringComparison.Ordinal);
        }
        Assert.Equal(0.01f, Activation.LeakyRelu().Slope);
        Assert.Equal(new Activation(ActivationKind.LeakyRelu, 0), Activation.LeakyRelu(0));
        Assert.Equal(default, Activation.Identity);
        foreach (float alpha in new[] { -0.1f, float.NaN, float.PositiveInfinity })
        {
            ArgumentException exception = Assert.Throws<ArgumentException>("alpha", () => Activation.Elu(alpha));
            Assert.Contains($"alpha is {alpha}; it must be 0 or more", exception.Message, StringComparison.Ordinal);
        }
        Assert.Equal(1, Activation.Elu().Slope);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void The_scaled_tanh_takes_1_to_1(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        float[] y = new float[3];
        Activations.Forward(Activation.ScaledTanh, [1, 0, -1], y);
        Assert.Equal([1, 0, -1], y.Select(value => MathF.Round(value, 4)));
    }

    [Fact]
    public void Spans_and_kinds_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        Assert.Throws<ArgumentException>("y", () => Activations.Forward(Activation.Relu, three, two));
        Assert.Throws<ArgumentException>("dy", () => Activations.Backward(Activation.Relu, three, two, three));
        Assert.Throws<ArgumentException>("dx", () => Activations.Backward(Activation.Relu, three, three, two));
        Activation unknown = new((ActivationKind)99);
        Assert.Throws<ArgumentOutOfRangeException>("activation", () => Activations.Forward(unknown, three, three));
        Assert.Throws<ArgumentOutOfRangeException>("activation", () => Activations.Backward(unknown, three, three, three));
    }

    private static void Check(Activation activation, float[] x)
    {
        // The curved functions: to a few units in the last place of 1 where exponentials are taken from 1 (σ' = y·(1 − y), and
        // tanh, which near 0 is as exact as 1 + tanh, not as tanh).
        (double relative, double absolute) = activation.Kind switch
        {
            ActivationKind.Sigmoid => (1e-6, 2e-7),
            ActivationKind.Tanh => (1e-6, 6e-7),
            ActivationKind.Elu => (1e-6, 1.2e-7),
            ActivationKind.ScaledTanh => (1e-6, 4e-7),
            _ => (1e-7, 0),
        };
        double[] twin = ReferenceArrays.ToDoubles(x);
        float[] dy = Numbers.Random(x.Length, 99);

        Guarded<float> from = new(x), y = new(x.Length), inPlace = new(x);
        Activations.Forward(activation, from.Span, y.Span);
        Activations.Forward(activation, inPlace.Span, inPlace.Span);
        y.AssertIntact();
        inPlace.AssertIntact();
        Expect.Near(ReferenceActivations.Forward(activation, twin), y.Span, relative, absolute + float.Epsilon);
        Expect.SameBits(y.Span, inPlace.Span);

        Guarded<float> delta = new(dy), dx = new(x.Length), deltaInPlace = new(dy);
        Activations.Backward(activation, y.Span, delta.Span, dx.Span);
        Activations.Backward(activation, y.Span, deltaInPlace.Span, deltaInPlace.Span);
        dx.AssertIntact();
        deltaInPlace.AssertIntact();
        Expect.Near(ReferenceActivations.Backward(activation, twin, ReferenceArrays.ToDoubles(dy)), dx.Span, relative, absolute + float.Epsilon);
        Expect.SameBits(dx.Span, deltaInPlace.Span);
    }
}
