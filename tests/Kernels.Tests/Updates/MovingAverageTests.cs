using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The moving average against plain doubles, on every width and at every length around the lanes.</summary>
public class MovingAverageTests
{
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void It_is_exact_where_float32_is(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        for (int length = 1; length <= (3 * Simd.Lanes) + 1; length++)
        {
            Guarded<float> average = new(Numbers.Integers(length, 1)), weights = new(Numbers.Integers(length, 2));
            double[] a = ReferenceArrays.ToDoubles(average.Span), w = ReferenceArrays.ToDoubles(weights.Span);
            MovingAverage.Run(average.Span, weights.Span, 0.75f);
            average.AssertIntact();
            Expect.Exactly([.. a.Zip(w, (x, y) => (0.75 * x) + (0.25 * y))], average.Span);
        }
    }

    [Fact]
    public void Spans_are_checked() => Assert.Throws<ArgumentException>("weights", () => MovingAverage.Run(new float[3], new float[2], 0.5f));
}
