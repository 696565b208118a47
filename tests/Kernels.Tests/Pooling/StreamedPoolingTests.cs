namespace CnnEngine.Kernels.Tests;

/// <summary>Pooling of images too large for the caches, whose results are written past them: the bits are those of small images.</summary>
public unsafe class StreamedPoolingTests
{
    // Rows of whole lines, of 16 numbers; those of 2×2 windows' results in the first four alone.
    public static TheoryData<int, int, int, int> Shapes { get; } = new()
    {
        { 2, 3, 6, 64 }, { 1, 5, 4, 32 }, { 3, 3, 5, 32 }, { 2, 17, 2, 96 }, { 2, 3, 4, 48 }, { 3, 2, 7, 16 }, { 1, 40, 2, 16 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Results_are_the_same(int images, int channels, int height, int width)
    {
        Check(new(images, channels, (height, width), 2, 2), nan: false);
        Check(new(images, channels, (height, width), 3, 2, 1), nan: false);
        Check(new(images, channels, (height, width), 3, 2, 1), nan: true);
        Check(new(images, channels, (height, width), 3, 2, ceilMode: true), nan: true);
    }

    private static void Check(PoolShape shape, bool nan)
    {
        float[] x = Numbers.Integers(shape.InputLength, 1), dy = Numbers.Random(shape.OutputLength, 2);
        float[] maxima = new float[dy.Length], maximumDeltas = new float[x.Length], means = new float[dy.Length], meanDeltas = new float[x.Length];
        if (nan) x[x.Length / 2] = float.NaN;
        int[] places = new int[dy.Length];
        MaxPooling.Forward(shape, x, maxima, places);
        MaxPooling.Backward(shape, dy, places, maximumDeltas);
        MeanPooling.Forward(shape, x, means);
        MeanPooling.Backward(shape, dy, meanDeltas);

        using ForcedCaches small = new(CacheSizes.Default with { Level3 = 1 });
        foreach (SimdWidth simd in SimdWidths.Values)
        {
            using ForcedWidth forced = new(simd);
            AlignedRoom outputs = new(dy.Length), pixels = new(x.Length), placeRoom = new(dy.Length);
            Assert.Equal(shape.W % 32 == 0, shape.IsStreaming(shape.OutputWidth, outputs.Data, placeRoom.Data));
            Assert.True(shape.IsStreaming(shape.W, pixels.Data, pixels.Data));

            MaxPooling.Forward(shape, x, outputs.Span, placeRoom.Integers);
            outputs.AssertHolds(maxima);
            Assert.Equal(places, placeRoom.Integers);
            MaxPooling.Backward(shape, dy, places, pixels.Span);
            pixels.AssertHolds(maximumDeltas);
            MeanPooling.Forward(shape, x, outputs.Span);
            outputs.AssertHolds(means);
            MeanPooling.Backward(shape, dy, pixels.Span);
            pixels.AssertHolds(meanDeltas);
            placeRoom.AssertIntact();
        }
    }

    // Windows of 3×3 by 2, whose results are gathered in lines: blocks of them, several chunks, rows shorter than a line, planes shorter than a vector.
    [Theory]
    [InlineData(2, 9, 30, 61), InlineData(1, 3, 112, 56), InlineData(1, 5, 55, 55), InlineData(2, 41, 13, 13), InlineData(1, 90, 3, 5), InlineData(1, 2, 5, 900)]
    public void Rows_of_any_length_are_streamed_where_results_and_places_fill_the_same_lines(int images, int channels, int height, int width)
    {
        Size2 size = (height, width);
        foreach (PoolShape shape in new PoolShape[] { new(images, channels, size, 3, 2), new(images, channels, size, 3, 2, 1), new(images, channels, size, 3, 2, ceilMode: true) })
            foreach (bool nan in new[] { false, true })
            {
                float[] x = Numbers.Integers(shape.InputLength, 3), maxima = new float[shape.OutputLength], means = new float[shape.OutputLength];
                if (nan) x[x.Length / 3] = float.NaN;
                int[] places = new int[maxima.Length];
                MaxPooling.Forward(shape, x, maxima, places);
                MeanPooling.Forward(shape, x, means);

                using ForcedCaches small = new(CacheSizes.Default with { Level3 = 1 });
                foreach (SimdWidth simd in SimdWidths.Values)
                    foreach ((int offset, int placeOffset) in new[] { (0, 0), (5, 5), (15, 15), (5, 6) })
                    {
                        using ForcedWidth forced = new(simd);
                        AlignedRoom outputs = new(maxima.Length, offset), placeRoom = new(maxima.Length, placeOffset);
                        Assert.Equal(offset == placeOffset, shape.IsStreamingLines(outputs.Data, placeRoom.Data));
                        MaxPooling.Forward(shape, x, outputs.Span, placeRoom.Integers);
                        outputs.AssertHolds(maxima);
                        Assert.Equal(places, placeRoom.Integers);
                        placeRoom.AssertIntact();
                        MeanPooling.Forward(shape, x, outputs.Span);
                        outputs.AssertHolds(means);
                    }
            }
    }

    [Fact]
    public void Images_that_fit_into_the_caches_and_rows_of_half_lines_are_not_streamed()
    {
        AlignedRoom room = new(64);
        PoolShape shape = new(1, 1, (2, 32), 2, 2);
        using (new ForcedCaches(CacheSizes.Default with { Level3 = 256 })) Assert.True(shape.IsStreaming(16, room.Data, room.Data));
        using (new ForcedCaches(CacheSizes.Default with { Level3 = 257 })) Assert.False(shape.IsStreaming(16, room.Data, room.Data));
        using ForcedCaches small = new(CacheSizes.Default with { Level3 = 1 });
        Assert.False(shape.IsStreaming(24, room.Data, room.Data));
        Assert.False(shape.IsStreaming(16, room.Data + 4, room.Data));
        Assert.False(shape.IsStreaming(16, room.Data, room.Data + 4));
        Assert.True(shape.IsStreamingLines(room.Data + 4, room.Data + 20));
        Assert.False(shape.IsStreamingLines((byte*)room.Data + 1, (byte*)room.Data + 1));
    }

    /// <summary>Room for numbers that begins with a line, or some numbers behind that, between guards.</summary>
    private sealed class AlignedRoom(int length, int offset = 0)
    {
        private const int Line = 16;

        private readonly Guarded<float> _all = new(length + offset + Line);

        public float* Data => (float*)((((nuint)_all.Data + 63) / 64 * 64) + ((nuint)offset * sizeof(float)));

        public Span<float> Span => new(Data, length);

        public Span<int> Integers => new(Data, length);

        public void AssertHolds(ReadOnlySpan<float> expected)
        {
            Expect.SameBits(expected, Span);
            AssertIntact();
        }

        public void AssertIntact()
        {
            _all.AssertIntact();
            int before = (int)(Data - _all.Data);
            foreach (float number in _all.Span[..before]) Assert.True(float.IsNaN(number));
            foreach (float number in _all.Span[(before + length)..]) Assert.True(float.IsNaN(number));
        }
    }
}
