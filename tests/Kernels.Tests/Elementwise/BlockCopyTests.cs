namespace CnnEngine.Kernels.Tests;

/// <summary>Blocks copied between places of other distance.</summary>
public class BlockCopyTests
{
    [Theory, InlineData(1, 7, 7, 9), InlineData(5, 3, 4, 3), InlineData(4, 20, 33, 21)]
    public void Blocks_go_to_their_places_and_nothing_else_changes(int blocks, int length, int fromStride, int toStride)
    {
        float[] from = Numbers.Random(((blocks - 1) * fromStride) + length, 1), before = Numbers.Random(((blocks - 1) * toStride) + length, 2);
        Guarded<float> to = new(before);
        BlockCopy.Run(blocks, length, from, fromStride, to.Span, toStride);
        to.AssertIntact();
        float[] expected = [.. before];
        for (int b = 0; b < blocks; b++)
            for (int i = 0; i < length; i++) expected[(b * toStride) + i] = from[(b * fromStride) + i];
        Expect.SameBits(expected, to.Span);
    }

    [Fact]
    public void Spans_are_checked()
    {
        float[] short11 = new float[11], long12 = new float[12];
        Assert.Throws<ArgumentException>("from", () => BlockCopy.Run(3, 2, short11, 5, long12, 5));
        Assert.Throws<ArgumentException>("to", () => BlockCopy.Run(3, 2, long12, 5, short11, 5));
    }
}
