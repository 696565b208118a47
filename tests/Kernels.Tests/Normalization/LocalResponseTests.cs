using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Local response normalisation against its twin: odd and even windows, wider than the channels, powers by roots and in general.</summary>
public class LocalResponseTests
{
    private static readonly Dictionary<string, (NormShape Shape, LocalResponse Options)> Cases = new()
    {
        ["AlexNet's"] = (new(2, 9, 5 * 7), new(5, 5e-4f, 0.75f, 2)),
        ["large"] = (new(1, 7, 600), new(5, 3, 0.75f, 1)),
        ["even window"] = (new(3, 6, 10), new(4, 2, 0.75f, 0.5f)),
        ["another power"] = (new(2, 5, 12), new(3, 1.5f, 0.6f, 1)),
        ["wider than the channels"] = (new(2, 3, 4), new(9, 4, 1.25f, 1)),
        ["each channel alone"] = (new(1, 3, 20), new(1, 2, 0.75f, 1)),
    };

    public static TheoryData<string> Names { get; } = [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Both_passes_are_the_twins(string name)
    {
        (NormShape shape, LocalResponse options) = Cases[name];
        float[] numbers = Numbers.Random(shape.Length, 1, limit: 3), delta = Numbers.Random(shape.Length, 2);
        Guarded<float> x = new(numbers), y = new(numbers.Length), dy = new(delta), dx = new(numbers.Length);
        LocalResponseNormalization.Forward(shape, options, x.Span, y.Span);
        LocalResponseNormalization.Backward(shape, options, x.Span, dy.Span, dx.Span);
        y.AssertIntact();
        dx.AssertIntact();
        double[] twinX = ReferenceArrays.ToDoubles(numbers);
        Expect.Near(ReferenceLocalResponse.Forward(shape, options, twinX), y.Span, 2e-6, 1e-7);
        Expect.Near(ReferenceLocalResponse.Backward(shape, options, twinX, ReferenceArrays.ToDoubles(delta)), dx.Span, 1e-5, 2e-6);
    }

    [Fact]
    public void A_large_number_leaves_nothing_behind()
    {
        // A sum that slides over the channels would keep the rounding of the large square.
        NormShape shape = new(1, 8, 3);
        LocalResponse options = new(3, 3, 0.75f, 0);
        float[] x = Numbers.Random(shape.Length, 1), y = new float[x.Length];
        x[0] = x[1] = x[2] = 1e8f;
        LocalResponseNormalization.Forward(shape, options, x, y);
        Expect.Near(ReferenceLocalResponse.Forward(shape, options, ReferenceArrays.ToDoubles(x)), y, 2e-6, 0);
    }

    [Fact]
    public void Spans_are_checked()
    {
        NormShape shape = new(1, 2, 3);
        float[] six = new float[6], five = new float[5];
        Assert.Throws<ArgumentException>("x", () => LocalResponseNormalization.Forward(shape, default, five, six));
        Assert.Throws<ArgumentException>("y", () => LocalResponseNormalization.Forward(shape, default, six, five));
        Assert.Throws<ArgumentException>("dy", () => LocalResponseNormalization.Backward(shape, default, six, five, six));
        Assert.Throws<ArgumentException>("dx", () => LocalResponseNormalization.Backward(shape, default, six, six, five));
    }
}
