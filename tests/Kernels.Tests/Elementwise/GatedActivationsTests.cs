using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Swish and its straight-lined form against the twins, on every width and at every length around the lanes.</summary>
public class GatedActivationsTests
{
    private delegate void ForwardPass(ReadOnlySpan<float> x, Span<float> y);

    private delegate void BackwardPass(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx);

    private sealed record Function(
        string Name, ForwardPass Forward, BackwardPass Backward, Func<double, double> Value, Func<double, double> Derivative);

    private static readonly Function[] All =
    [
        new("swish", GatedActivations.SwishForward, GatedActivations.SwishBackward,
            ReferenceActivations.Swish, ReferenceActivations.SwishDerivative),
        new("hard swish", GatedActivations.HardSwishForward, GatedActivations.HardSwishBackward,
            ReferenceActivations.HardSwish, ReferenceActivations.HardSwishDerivative),
    ];

    public static TheoryData<SimdWidth, string> Cases { get; } = Rows.Of(from width in SimdWidths.Values from f in All select (width, f.Name));

    [Theory, MemberData(nameof(Cases))]
    public void Values_and_derivatives_are_the_twins_at_every_length_and_in_place(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        for (int length = 0; length <= (3 * Simd.Lanes) + 1; length++) Check(name, Numbers.Random(length, length, limit: 7));
        Check(name, Numbers.Random(40_001, 1, limit: 5));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Large_and_tiny_numbers_and_the_corners_are_the_twins(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        Check(name, [0, -0f, 1e-30f, -1e-30f, 3, -3, 2.999f, -2.999f, 6, -6, 20, -20, 88, -88, 89, -89, 1000, -1000, 1e30f, -1e30f]);
    }

    [Theory, MemberData(nameof(Cases))]
    public void NaN_stays_NaN_and_infinity_infinite(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        float[] y = new float[33];
        Get(name).Forward([.. Enumerable.Range(0, y.Length).Select(i => i % 2 == 0 ? float.NaN : float.PositiveInfinity)], y);
        for (int i = 0; i < y.Length; i++) Assert.Equal(i % 2 == 0 ? float.NaN : float.PositiveInfinity, y[i]);
    }

    [Fact]
    public void Derivatives_are_those_of_the_values()
    {
        double[] x = [-5, -2.9, -1.5, -0.2, 0, 0.7, 2.9, 4];
        foreach (Function f in All)
            Assert.Equal(x.Select(at => Math.Round((f.Value(at + 1e-6) - f.Value(at - 1e-6)) / 2e-6, 5)), x.Select(at => Math.Round(f.Derivative(at), 5)));
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] three = new float[3], two = new float[2];
        foreach (Function f in All)
        {
            Assert.Throws<ArgumentException>("y", () => f.Forward(three, two));
            Assert.Throws<ArgumentException>("dy", () => f.Backward(three, two, three));
            Assert.Throws<ArgumentException>("dx", () => f.Backward(three, three, two));
        }
    }

    private static Function Get(string name) => All.Single(f => f.Name == name);

    private static void Check(string name, float[] x)
    {
        Function f = Get(name);
        float[] dy = Numbers.Random(x.Length, 99);
        Guarded<float> from = new(x), y = new(x.Length), inPlace = new(x);
        f.Forward(from.Span, y.Span);
        f.Forward(inPlace.Span, inPlace.Span);
        y.AssertIntact();
        inPlace.AssertIntact();
        Expect.Near(Array.ConvertAll(x, value => f.Value(value)), y.Span, 1e-6, 1e-6);
        Expect.SameBits(y.Span, inPlace.Span);

        Guarded<float> delta = new(dy), dx = new(x.Length), deltaInPlace = new(dy);
        f.Backward(from.Span, delta.Span, dx.Span);
        f.Backward(from.Span, deltaInPlace.Span, deltaInPlace.Span);
        dx.AssertIntact();
        deltaInPlace.AssertIntact();
        Expect.Near([.. x.Select((value, i) => dy[i] * f.Derivative(value))], dx.Span, 1e-6, 1e-6);
        Expect.SameBits(dx.Span, deltaInPlace.Span);
    }
}
