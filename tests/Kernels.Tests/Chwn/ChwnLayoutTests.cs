namespace CnnEngine.Kernels.Tests;

/// <summary>Into the layout C×H×W×N and back.</summary>
public class ChwnLayoutTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(1, 17), 31, 32, 48, 100, 784];

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Images_go_to_their_lanes_and_come_back(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach (int length in Lengths)
            for (int images = 1; images <= Simd.Lanes; images++)
            {
                Guarded<float> x = new(Numbers.Random(images * length, length)), chwn = new(length * Simd.Lanes), back = new(images * length);
                ChwnLayout.FromNchw(images, length, x.Span, chwn.Span);
                Expect.SameBits(ChwnData.From(x.Span, length), chwn.Span);
                ChwnLayout.ToNchw(images, length, chwn.Span, back.Span);
                Expect.SameBits(x.Span, back.Span);
                chwn.AssertIntact();
                back.AssertIntact();
            }
    }

    [Fact]
    public void Images_and_spans_are_checked()
    {
        float[] enough = new float[3 * Simd.Lanes], tooShort = new float[(3 * Simd.Lanes) - 1];
        Assert.Throws<ArgumentOutOfRangeException>("images", () => ChwnLayout.FromNchw(0, 3, enough, enough));
        Assert.Throws<ArgumentOutOfRangeException>("images", () => ChwnLayout.ToNchw(Simd.Lanes + 1, 3, enough, enough));
        Assert.Throws<ArgumentException>("x", () => ChwnLayout.FromNchw(Simd.Lanes, 3, tooShort, enough));
        Assert.Throws<ArgumentException>("y", () => ChwnLayout.FromNchw(1, 3, enough, tooShort));
        Assert.Throws<ArgumentException>("x", () => ChwnLayout.ToNchw(1, 3, tooShort, enough));
        Assert.Throws<ArgumentException>("y", () => ChwnLayout.ToNchw(Simd.Lanes, 3, enough, tooShort));
    }
}
