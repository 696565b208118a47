using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Poolings with images along the vector against their twins.</summary>
public class ChwnPoolingTests
{
    public static TheoryData<string, SimdWidth> ByWidth { get; } = Rows.Of(
        from shape in PoolCases.Names from width in SimdWidths.Values select (shape, width));

    [Theory, MemberData(nameof(ByWidth))]
    public void Maxima_their_places_and_deltas_are_the_twins(string name, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        PoolShape shape = OneGroup(PoolCases.Shape(name));
        // Eight different whole numbers: most windows hold their maximum twice. Then infinities, which lose to all.
        float[] ties = Numbers.Integers(shape.InputLength, 1), infinities = Numbers.Integers(shape.InputLength, 3);
        for (int i = 0; i < infinities.Length; i++)
            if (infinities[i] > 0) infinities[i] = float.NegativeInfinity;
        foreach (float[] x in new[] { ties, infinities, Numbers.Random(shape.InputLength, 2) })
        {
            (double[] expected, int[] places) = ReferencePooling.MaxForward(shape, ReferenceArrays.ToDoubles(x));
            (float[] y, int[] argMax) = MaxForward(shape, x);
            Assert.Equal(expected, ReferenceArrays.ToDoubles(y));
            Assert.Equal(places, argMax);
        }

        (_, int[] kept) = MaxForward(shape, ties);
        float[] dy = Numbers.Integers(shape.OutputLength, 6);
        int image = shape.C * shape.InputPlane, output = shape.C * shape.OutputPlane;
        Guarded<float> dx = new(image * Simd.Lanes);
        ChwnPooling.MaxBackward(shape, ChwnData.From(dy, output), Lanes(kept, output), dx.Span);
        dx.AssertIntact();
        Expect.Exactly(ReferencePooling.MaxBackward(shape, ReferenceArrays.ToDoubles(dy), kept), ChwnData.To<float>(dx.Span, image, shape.N));
    }

    [Theory, MemberData(nameof(ByWidth))]
    public void NaN_wins_and_its_place_is_kept(string name, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        PoolShape shape = OneGroup(PoolCases.Shape(name));
        float[] x = Numbers.Integers(shape.InputLength, 4);
        for (int i = 0; i < x.Length; i += 5) x[i] = float.NaN;
        (double[] expected, _) = ReferencePooling.MaxForward(shape, ReferenceArrays.ToDoubles(x));
        (float[] y, int[] argMax) = MaxForward(shape, x);
        for (int o = 0; o < y.Length; o++)
        {
            Assert.Equal(expected[o], (double)y[o]);
            Assert.Equal(y[o], x[(o / shape.OutputPlane * shape.InputPlane) + argMax[o]]);
        }
    }

    [Theory, MemberData(nameof(ByWidth))]
    public void Means_and_their_deltas_are_the_twins(string name, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        PoolShape shape = OneGroup(PoolCases.Shape(name));
        int image = shape.C * shape.InputPlane, output = shape.C * shape.OutputPlane;
        float[] x = Numbers.Random(shape.InputLength, 1), dy = Numbers.Random(shape.OutputLength, 2);
        foreach (PoolDivisor divisor in Enum.GetValues<PoolDivisor>())
        {
            Guarded<float> y = new(output * Simd.Lanes), dx = new(image * Simd.Lanes);
            ChwnPooling.MeanForward(shape, ChwnData.From(x, image), y.Span, divisor);
            ChwnPooling.MeanBackward(shape, ChwnData.From(dy, output), dx.Span, divisor);
            y.AssertIntact();
            dx.AssertIntact();
            Expect.Near(ReferencePooling.MeanForward(shape, ReferenceArrays.ToDoubles(x), divisor), ChwnData.To<float>(y.Span, output, shape.N), 1e-6, 2e-6);
            Expect.Near(ReferencePooling.MeanBackward(shape, ReferenceArrays.ToDoubles(dy), divisor), ChwnData.To<float>(dx.Span, image, shape.N), 1e-6, 2e-6);
        }
    }

    [Fact]
    public void Spans_are_checked()
    {
        PoolShape shape = new(1, 2, (4, 6), 2, 2);
        float[] x = new float[48 * Simd.Lanes], y = new float[12 * Simd.Lanes], one = new float[1];
        int[] places = new int[12 * Simd.Lanes], onePlace = new int[1];
        Assert.Throws<ArgumentException>("x", () => ChwnPooling.MaxForward(shape, one, y, places));
        Assert.Throws<ArgumentException>("y", () => ChwnPooling.MaxForward(shape, x, one, places));
        Assert.Throws<ArgumentException>("argMax", () => ChwnPooling.MaxForward(shape, x, y, onePlace));
        Assert.Throws<ArgumentException>("dx", () => ChwnPooling.MaxBackward(shape, y, places, one));
        Assert.Throws<ArgumentException>("x", () => ChwnPooling.MeanForward(shape, one, y));
        Assert.Throws<ArgumentException>("dy", () => ChwnPooling.MeanBackward(shape, one, x));
    }

    /// <summary>The same geometry with no more images than there are lanes.</summary>
    private static PoolShape OneGroup(PoolShape shape) => shape.WithImages(Math.Min(shape.N, Simd.Lanes));

    private static (float[] Y, int[] ArgMax) MaxForward(PoolShape shape, float[] x)
    {
        int image = shape.C * shape.InputPlane, output = shape.C * shape.OutputPlane;
        Guarded<float> y = new(output * Simd.Lanes);
        Guarded<int> argMax = new(output * Simd.Lanes);
        ChwnPooling.MaxForward(shape, ChwnData.From(x, image, float.NaN), y.Span, argMax.Span);
        y.AssertIntact();
        argMax.AssertIntact();
        return (ChwnData.To<float>(y.Span, output, shape.N), ChwnData.To<int>(argMax.Span, output, shape.N));
    }

    private static int[] Lanes(int[] images, int length)
    {
        int[] lanes = new int[length * Simd.Lanes];
        for (int n = 0; n < images.Length / length; n++)
            for (int i = 0; i < length; i++) lanes[(i * Simd.Lanes) + n] = images[(n * length) + i];
        return lanes;
    }
}
