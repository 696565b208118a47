using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Kernels.Tests;

/// <summary>Padding as numbers and as a rule, and sizes as they are written in messages.</summary>
public class PaddingTests
{
    [Fact]
    public void Same_gives_as_many_outputs_as_strides_begin_in_the_image_and_an_odd_zero_goes_behind()
    {
        var cases =
            from size in Gen.Choose(1, 40)
            from window in Gen.Choose(1, 9)
            from stride in Gen.Choose(1, 5)
            from dilation in Gen.Choose(1, 4)
            select (size, window, stride, dilation);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            // The axis of rows as drawn; that of columns is another one.
            ConvShape shape = new(1, 1, (c.size, 12), 1, (c.window, 3), new() { Stride = (c.stride, 1), Dilation = (c.dilation, 2), Padding = Padding.Same });
            Assert.Equal(((c.size + c.stride - 1) / c.stride, 12), (shape.OutputHeight, shape.OutputWidth));
            Assert.InRange(shape.Padding.Bottom - shape.Padding.Top, 0, 1);
            Assert.Equal((2, 2), (shape.Padding.Left, shape.Padding.Right));
            if (c.stride == 1) Assert.Equal(c.dilation * (c.window - 1), shape.Padding.Top + shape.Padding.Bottom);
            Assert.False(shape.Padding.IsSame);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Same_for_an_even_filter_pads_bottom_and_right()
    {
        ConvShape shape = new(1, 1, (6, 7), 1, (4, 2), new() { Padding = Padding.Same });
        Assert.Equal(new Padding(1, 2, 0, 1), shape.Padding);
        Assert.Equal((6, 7), (shape.OutputHeight, shape.OutputWidth));
    }

    [Fact]
    public void Same_never_cuts_the_image()
    {
        // With a stride beyond the filter the last outputs fit without padding.
        Assert.Equal(Padding.Valid, new ConvShape(1, 1, 9, 1, 1, new() { Stride = 4, Padding = Padding.Same }).Padding);
    }

    [Fact]
    public void Valid_is_no_padding_and_one_number_is_every_side()
    {
        Assert.Equal(new Padding(0, 0, 0, 0), Padding.Valid);
        Assert.Equal(default, Padding.Valid);
        Assert.Equal(new Padding(3, 3, 3, 3), 3);
        Assert.Equal(Padding.FromInt32(3), 3);
        Assert.NotEqual(Padding.Same, Padding.Valid);
    }

    [Fact]
    public void Each_side_has_its_own_number()
    {
        Padding padding = new(1, 2, 3, 4);
        Assert.Equal((1, 2, 3, 4), (padding.Top, padding.Bottom, padding.Left, padding.Right));
    }

    [Theory]
    [InlineData(-1, 0, 0, 0)]
    [InlineData(0, -2, 0, 0)]
    [InlineData(0, 0, -3, 0)]
    [InlineData(0, 0, 0, -4)]
    public void A_negative_side_is_refused(int top, int bottom, int left, int right)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Padding(top, bottom, left, right));
        Assert.Equal($"padding is {top}, {bottom}, {left}, {right} (top, bottom, left, right); no side may be negative", exception.Message);
    }

    [Fact]
    public void Messages_write_padding_and_sizes_as_people_do()
    {
        Assert.Equal("same", Padding.Same.ToString());
        Assert.Equal("2", ((Padding)2).ToString());
        Assert.Equal("(1, 2, 3, 4)", new Padding(1, 2, 3, 4).ToString());
        Assert.Equal("3×5", new Size2(3, 5).ToString());
        Assert.Equal((Size2)4, Size2.FromInt32(4));
        Assert.Equal(new Size2(3, 5), (3, 5));
    }
}
