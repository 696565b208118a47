using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Kernels.Tests;

/// <summary>The geometry of pooling: sizes, windows cut at the image's edge, errors.</summary>
public class PoolShapeTests
{
    [Fact]
    public void Output_size_is_the_number_of_positions_and_no_window_lies_outside()
    {
        var cases =
            from size in Gen.Choose(1, 30)
            from window in Gen.Choose(1, 7)
            from stride in Gen.Choose(1, 6)
            from before in Gen.Choose(0, window - 1)
            from after in Gen.Choose(0, window - 1)
            where size + before + after >= window
            select (size, window, stride, before, after);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            int positions = 0;
            for (int first = 0; first + c.window <= c.before + c.size + c.after; first += c.stride) positions++;
            PoolShape shape = new(2, 3, (5, c.size), (2, c.window), (1, c.stride), new Padding(1, 0, c.before, c.after));
            Assert.Equal((5, positions), (shape.OutputHeight, shape.OutputWidth));
            for (int j = 0; j < positions; j++)
            {
                (int first, int end) = shape.Columns(j);
                Assert.True(first >= 0 && first < end && end <= c.size && end - first <= c.window);
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>PyTorch's formula: <c>⌈(size + padding − window) / stride⌉ + 1</c>, less one if the last window begins behind the image.</summary>
    [Fact]
    public void Ceil_mode_adds_a_window_for_what_is_left_over()
    {
        var cases =
            from size in Gen.Choose(1, 30)
            from window in Gen.Choose(1, 7)
            from stride in Gen.Choose(1, 6)
            from before in Gen.Choose(0, window - 1)
            from after in Gen.Choose(0, window - 1)
            where size + before + after > window - stride
            select (size, window, stride, before, after);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            int outputs = (int)Math.Ceiling((double)(c.size + c.before + c.after - c.window) / c.stride) + 1;
            if ((outputs - 1) * c.stride >= c.size + c.before) outputs--;
            PoolShape shape = new(2, 3, (c.size, 5), (c.window, 2), (c.stride, 1), new Padding(c.before, c.after, 1, 0), ceilMode: true);
            Assert.Equal((outputs, 5), (shape.OutputHeight, shape.OutputWidth));
            for (int i = 0; i < outputs; i++)
            {
                (int first, int end) = shape.Rows(i);
                Assert.True(first >= 0 && first < end && end <= c.size && end - first <= c.window);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Adaptive_windows_cover_the_image_and_follow_from_their_number()
    {
        for (int size = 1; size < 20; size++)
            for (int outputs = 1; outputs < 24; outputs++)
            {
                PoolShape shape = PoolShape.Adaptive(2, 3, (size, 5), (outputs, 5));
                Assert.Equal((outputs, 5), (shape.OutputHeight, shape.OutputWidth));
                IEnumerable<(int First, int End)> expected = Enumerable.Range(0, outputs)
                    .Select(i => ((int)Math.Floor((double)i * size / outputs), (int)Math.Ceiling((i + 1.0) * size / outputs)));
                Assert.Equal(expected, Enumerable.Range(0, outputs).Select(shape.Rows));
                Assert.Equal(shape.Window.Height, expected.Max(w => w.End - w.First));
            }
        Assert.Equal(((2, 5), (2, 5)), (PoolShape.Adaptive(1, 1, (4, 10), 2).Window, PoolShape.Adaptive(1, 1, (4, 10), 2).Stride));
    }

    [Fact]
    public void A_pyramids_windows_are_the_papers_where_these_are_enough()
    {
        Assert.Equal(((13, 13), (13, 13)), Pyramid(13, 1));
        Assert.Equal(((7, 7), (6, 6)), Pyramid(13, 2));
        Assert.Equal(((5, 5), (4, 4)), Pyramid(13, 3));
        Assert.Equal(((4, 4), (3, 3)), Pyramid(13, 4));
        Assert.Equal(((3, 3), (2, 2)), Pyramid(10, 4));
        // ⌈11/4⌉ = 3 every ⌊11/4⌋ = 2 gives 5, ⌊2/3⌋ nothing.
        Assert.Equal([(0, 3), (2, 6), (5, 9), (8, 11)], Windows(11, 4));
        Assert.Equal([(0, 1), (0, 2), (1, 2)], Windows(2, 3));
        for (int size = 1; size < 20; size++)
            for (int level = 1; level < 24; level++) Assert.Equal(level, Windows(size, level).Length);

        static (Size2, Size2) Pyramid(int size, int level) => (PoolShape.Pyramid(1, 1, size, level).Window, PoolShape.Pyramid(1, 1, size, level).Stride);
        static (int, int)[] Windows(int size, int level) => [.. Enumerable.Range(0, level).Select(PoolShape.Pyramid(1, 1, (5, size), level).Columns)];
    }

    [Fact]
    public void A_partition_gives_each_pixel_to_one_window()
    {
        for (int size = 1; size < 20; size++)
            for (int outputs = 1; outputs <= size; outputs++)
            {
                PoolShape shape = PoolShape.Partition(1, 1, (size, 5), (outputs, 5));
                for (int p = 0; p < size; p++)
                {
                    (int first, int end) = shape.Rows(p * outputs / size);
                    Assert.True(first <= p && p < end);
                }
                Assert.Equal(size, Enumerable.Range(0, outputs).Select(shape.Rows).Sum(w => w.End - w.First));
            }
    }

    [Fact]
    public void Rows_and_columns_of_a_window_are_cut_at_the_image()
    {
        PoolShape shape = new(1, 1, (5, 8), (3, 4), (2, 3), new Padding(1, 1, 2, 0));
        Assert.Equal([(0, 2), (1, 4), (3, 5)], Enumerable.Range(0, shape.OutputHeight).Select(shape.Rows));
        Assert.Equal([(0, 2), (1, 5), (4, 8)], Enumerable.Range(0, shape.OutputWidth).Select(shape.Columns));
        Assert.Equal((40, 9), (shape.InputLength, shape.OutputLength));
    }

    public static TheoryData<string, string> Mistakes { get; } = new()
    {
        { "images", "the number of images is 0; it must be at least 1" },
        { "channels", "the number of channels is -3; it must be at least 1" },
        { "image", "the image size is 8×0; both numbers must be at least 1" },
        { "window", "the window size is 0×2; both numbers must be at least 1" },
        { "stride", "stride is 2×0; both numbers must be at least 1" },
        { "top", "padding is (2, 0, 0, 0), the window 2×3; padding must be less than the window" },
        { "bottom", "padding is (0, 2, 0, 0), the window 2×3; padding must be less than the window" },
        { "left", "padding is (0, 0, 3, 0), the window 2×3; padding must be less than the window" },
        { "right", "padding is (0, 0, 0, 3), the window 2×3; padding must be less than the window" },
        { "rows", "the window spans 9 rows, the padded image has 8; the window must fit into the image" },
        { "ceil mode", "the window spans 9 rows, the padded image has 7; the window must fit into the image" },
        { "level", "a level of the pyramid is 0; it must be at least 1" },
        { "output", "the output size is 3×0; both numbers must be at least 1" },
        { "columns", "the window spans 9 columns, the padded image has 8; the window must fit into the image" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void Errors_name_the_number_and_what_would_be_right(string mistake, string message)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => mistake switch
        {
            "images" => new PoolShape(0, 1, 8, 2, 2),
            "channels" => new PoolShape(1, -3, 8, 2, 2),
            "image" => new PoolShape(1, 1, (8, 0), 2, 2),
            "window" => new PoolShape(1, 1, 8, (0, 2), 2),
            "stride" => new PoolShape(1, 1, 8, 2, (2, 0)),
            "top" => new PoolShape(1, 1, 8, (2, 3), 2, new Padding(2, 0, 0, 0)),
            "bottom" => new PoolShape(1, 1, 8, (2, 3), 2, new Padding(0, 2, 0, 0)),
            "left" => new PoolShape(1, 1, 8, (2, 3), 2, new Padding(0, 0, 3, 0)),
            "right" => new PoolShape(1, 1, 8, (2, 3), 2, new Padding(0, 0, 0, 3)),
            "ceil mode" => new PoolShape(1, 1, 7, (9, 2), 2, ceilMode: true),
            "level" => PoolShape.Pyramid(1, 1, 7, 0),
            "output" => PoolShape.Adaptive(1, 1, 7, (3, 0)),
            "rows" => new PoolShape(1, 1, 8, (9, 2), 2),
            _ => new PoolShape(1, 1, 8, (2, 9), 2),
        });
        Assert.Equal(message, exception.Message);
    }
}
