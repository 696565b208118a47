namespace CnnEngine.Kernels.Tests;

/// <summary>Planes seen through a frame of another size.</summary>
public class FrameTests
{
    public static TheoryData<int, Size2, Size2, int, int> Cases { get; } = new()
    {
        { 3, (4, 5), (7, 9), 1, 3 }, // padding
        { 3, (7, 9), (4, 5), -1, -3 }, // crop
        { 2, (4, 5), (6, 3), 2, -1 }, // both
        { 2, (4, 5), (4, 5), 0, 0 },
        { 2, (4, 5), (3, 3), 5, 0 }, // nothing is seen
        { 2, (4, 5), (3, 3), 0, -6 },
        { 500, (8, 9), (9, 8), 1, -1 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Each_number_is_the_one_behind_it_or_zero(int planes, Size2 from, Size2 to, int top, int left)
    {
        float[] x = Numbers.Random(planes * from.Height * from.Width, 1), expected = new float[planes * to.Height * to.Width];
        for (int i = 0; i < expected.Length; i++)
        {
            (int plane, int h, int w) = (i / (to.Height * to.Width), (i / to.Width % to.Height) - top, (i % to.Width) - left);
            if (h >= 0 && h < from.Height && w >= 0 && w < from.Width) expected[i] = x[(((plane * from.Height) + h) * from.Width) + w];
        }
        Guarded<float> y = new(expected.Length);
        Frame.Run(planes, from, to, top, left, new Guarded<float>(x).Span, y.Span);
        y.AssertIntact();
        Expect.SameBits(expected, y.Span);
    }

    [Fact]
    public void Spans_and_sizes_are_checked()
    {
        float[] x = new float[12], y = new float[20];
        Assert.Throws<ArgumentException>("x", () => Frame.Run(2, (2, 3), (2, 5), 0, 0, x.AsSpan(1), y));
        Assert.Throws<ArgumentException>("y", () => Frame.Run(2, (2, 3), (2, 5), 0, 0, x, y.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Frame.Run(2, (2, 3), (0, 5), 0, 0, x, y));
    }
}
