using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Max pooling against its twin: which number, which place, and where the delta goes.</summary>
public class MaxPoolingTests
{
    [Theory, MemberData(nameof(PoolCases.All), MemberType = typeof(PoolCases))]
    public void Maxima_and_their_places_are_the_twins_also_where_numbers_tie(string name)
    {
        PoolShape shape = PoolCases.Shape(name);
        // Eight different whole numbers: most windows hold their maximum twice.
        Check(shape, Numbers.Integers(shape.InputLength, 1));
        Check(shape, Numbers.Random(shape.InputLength, 2));
        Check(shape, [.. Enumerable.Repeat(-7f, (int)shape.InputLength)]);
        // Zeros of both signs tie, too.
        Check(shape, [.. Numbers.Integers(shape.InputLength, 8).Select(number => number > 0 ? 0 : -0f)]);
    }

    [Theory, MemberData(nameof(PoolCases.All), MemberType = typeof(PoolCases))]
    public void Minus_infinity_is_a_number_like_others_and_loses_to_all(string name)
    {
        PoolShape shape = PoolCases.Shape(name);
        Check(shape, [.. Enumerable.Repeat(float.NegativeInfinity, (int)shape.InputLength)]);
        float[] some = Numbers.Integers(shape.InputLength, 3);
        for (int i = 0; i < some.Length; i++)
            if (some[i] > 0) some[i] = float.NegativeInfinity;
        Check(shape, some);
    }

    [Theory, MemberData(nameof(PoolCases.All), MemberType = typeof(PoolCases))]
    public void NaN_wins_and_its_place_is_kept(string name)
    {
        PoolShape shape = PoolCases.Shape(name);
        float[] x = Numbers.Integers(shape.InputLength, 4);
        for (int i = 0; i < x.Length; i += 5) x[i] = float.NaN;
        (double[] expected, _) = ReferencePooling.MaxForward(shape, ReferenceArrays.ToDoubles(x));
        (float[] y, int[] argMax) = Forward(shape, x);
        for (int o = 0; o < y.Length; o++)
        {
            Assert.Equal(expected[o], (double)y[o]);
            // Of several NaN in a window any may be kept.
            Assert.Equal(y[o], x[(o / shape.OutputPlane * shape.InputPlane) + argMax[o]]);
        }
    }

    [Theory, InlineData(2), InlineData(3)]
    public void A_single_NaN_is_seen_wherever_it_is(int window)
    {
        foreach (PoolShape shape in PoolCases.OfAllWidths(window).Where(shape => shape.Planes == 1 && shape.H == 5))
            for (int place = 0; place < shape.InputLength; place++)
            {
                float[] x = new float[shape.InputLength];
                x[place] = float.NaN;
                Check(shape, x);
            }
    }

    [Fact]
    public void The_first_in_row_order_is_kept_on_a_tie()
    {
        PoolShape shape = new(1, 1, (2, 4), 2, 2);
        (float[] y, int[] argMax) = Forward(shape, [1, 3, 0, -0f, 3, 3, 0, 0]);
        Assert.Equal([3f, 0], y);
        Assert.Equal([1, 2], argMax);
    }

    [Theory, MemberData(nameof(PoolCases.All), MemberType = typeof(PoolCases))]
    public void The_whole_delta_goes_to_the_maximum(string name) => CheckDeltas(PoolCases.Shape(name));

    [Theory, InlineData(2), InlineData(3)]
    public void Images_of_all_widths_are_pooled_and_their_deltas_sent_back(int window)
    {
        foreach (PoolShape shape in PoolCases.OfAllWidths(window))
        {
            Check(shape, Numbers.Integers(shape.InputLength, 7));
            CheckDeltas(shape);
        }
    }

    private static void CheckDeltas(PoolShape shape)
    {
        float[] x = Numbers.Integers(shape.InputLength, 5), dy = Numbers.Integers(shape.OutputLength, 6);
        (_, int[] argMax) = Forward(shape, x);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Guarded<float> dx = new(x.Length);
            MaxPooling.Backward(shape, dy, argMax, dx.Span);
            dx.AssertIntact();
            Expect.Exactly(ReferencePooling.MaxBackward(shape, ReferenceArrays.ToDoubles(dy), argMax), dx.Span);
            Assert.Equal(dy.Sum(), dx.Span.ToArray().Sum());
        }
    }

    [Fact]
    public void Spans_are_checked()
    {
        PoolShape shape = new(1, 2, (4, 6), 2, 2);
        float[] x = new float[48], y = new float[12], tooShort = new float[11];
        int[] argMax = new int[12], shortArgMax = new int[11];
        ArgumentException exception = Assert.Throws<ArgumentException>("x", () => MaxPooling.Forward(shape, y, y, argMax));
        Assert.Contains("x holds 12 numbers; this shape needs 48", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => MaxPooling.Forward(shape, x, tooShort, argMax));
        Assert.Throws<ArgumentException>("argMax", () => MaxPooling.Forward(shape, x, y, shortArgMax));
        Assert.Throws<ArgumentException>("dy", () => MaxPooling.Backward(shape, tooShort, argMax, x));
        Assert.Throws<ArgumentException>("argMax", () => MaxPooling.Backward(shape, y, shortArgMax, x));
        Assert.Throws<ArgumentException>("dx", () => MaxPooling.Backward(shape, y, argMax, y));
    }

    private static void Check(PoolShape shape, float[] x)
    {
        (double[] expected, int[] places) = ReferencePooling.MaxForward(shape, ReferenceArrays.ToDoubles(x));
        (float[] y, int[] argMax) = Forward(shape, x);
        Assert.Equal(expected, ReferenceArrays.ToDoubles(y));
        Assert.Equal(places, argMax);
    }

    /// <summary>Pools on every width and returns what all agree on.</summary>
    private static (float[] Y, int[] ArgMax) Forward(PoolShape shape, float[] x)
    {
        (float[] Y, int[] ArgMax)? first = null;
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Guarded<float> from = new(x), y = new((int)shape.OutputLength);
            Guarded<int> argMax = new((int)shape.OutputLength);
            MaxPooling.Forward(shape, from.Span, y.Span, argMax.Span);
            y.AssertIntact();
            argMax.AssertIntact();
            first ??= (y.Span.ToArray(), argMax.Span.ToArray());
            Expect.SameBits(first.Value.Y, y.Span);
            Assert.Equal(first.Value.ArgMax, argMax.Span.ToArray());
        }
        return first!.Value;
    }
}
