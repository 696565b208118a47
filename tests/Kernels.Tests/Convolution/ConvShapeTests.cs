using CnnEngine.Kernels.Tests.Reference;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Kernels.Tests;

/// <summary>The geometry of a convolution: sizes, counts, and errors that say what is wrong and what would be right.</summary>
public class ConvShapeTests
{
    [Fact]
    public void Output_size_is_the_number_of_positions_where_the_filter_fits()
    {
        var axes =
            from size in Gen.Choose(1, 40)
            from window in Gen.Choose(1, 9)
            from stride in Gen.Choose(1, 6)
            from dilation in Gen.Choose(1, 4)
            from before in Gen.Choose(0, 9)
            from after in Gen.Choose(0, 9)
            select new Axis(size, window, stride, dilation, before, after);
        var cases = from rows in axes from columns in axes select (rows, columns);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (Axis rows, Axis columns) = c;
            ConvShape Make() => new(2, 3, (rows.Size, columns.Size), 4, (rows.Window, columns.Window), new()
            {
                Stride = (rows.Stride, columns.Stride),
                Dilation = (rows.Dilation, columns.Dilation),
                Padding = new(rows.Before, rows.After, columns.Before, columns.After),
            });
            if (rows.Positions == 0 || columns.Positions == 0)
            {
                Assert.Throws<ArgumentException>(() => Make());
                return;
            }
            ConvShape shape = Make();
            Assert.Equal((rows.Positions, columns.Positions), (shape.OutputHeight, shape.OutputWidth));
            Assert.Equal((rows.Positions, columns.Positions), (ReferenceConvolution.OutputHeight(shape), ReferenceConvolution.OutputWidth(shape)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_odd_shapes_have_the_output_size_of_the_twin()
    {
        foreach (string name in ConvCases.Names)
        {
            ConvShape shape = ConvCases.Shape(name);
            Assert.Equal((ReferenceConvolution.OutputHeight(shape), ReferenceConvolution.OutputWidth(shape)), (shape.OutputHeight, shape.OutputWidth));
        }
    }

    [Fact]
    public void Lengths_and_multiply_adds_are_products_of_the_sizes()
    {
        ConvShape shape = new(3, 4, (9, 11), 6, (3, 5), new() { Groups = 2, Stride = (2, 1) });
        Assert.Equal((4, 7), (shape.OutputHeight, shape.OutputWidth));
        Assert.Equal(3 * 4 * 9 * 11, shape.InputLength);
        Assert.Equal(3 * 6 * 4 * 7, shape.OutputLength);
        Assert.Equal(6 * 2 * 3 * 5, shape.FilterLength);
        Assert.Equal(3 * 6 * 4 * 7 * 2 * 3 * 5, shape.MultiplyAdds);
        Assert.Equal((2, 3, 30), (shape.GroupChannels, shape.GroupFilters, shape.Taps));

        ConvShape large = new(4096, 512, 512, 1024, 1);
        Assert.Equal(4096L * 512 * 512 * 512, large.InputLength);
        Assert.Equal(4096L * 1024 * 512 * 512 * 512, large.MultiplyAdds);
    }

    [Fact]
    public void Another_number_of_images_changes_nothing_else()
    {
        ConvShape shape = ConvCases.Shape("groups 3, stride 2");
        Assert.Equal(7, shape.WithImages(7).N);
        Assert.Equal(shape, shape.WithImages(7).WithImages(shape.N));
        Assert.Contains("images is 0; it must be at least 1", Assert.Throws<ArgumentException>(() => shape.WithImages(0)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Mistakes { get; } = new()
    {
        { "images", "the number of images is 0; it must be at least 1" },
        { "channels", "the number of input channels is -1; it must be at least 1" },
        { "filters", "the number of output channels is 0; it must be at least 1" },
        { "image", "the image size is 0×8; both numbers must be at least 1" },
        { "filter", "the filter size is 3×-2; both numbers must be at least 1" },
        { "stride", "stride is 0×1; both numbers must be at least 1" },
        { "dilation", "dilation is 1×0; both numbers must be at least 1" },
        { "groups", "groups is 0; it must be at least 1" },
        { "channels by groups", "input has 3 channels, groups is 2; channels must divide by groups" },
        { "filters by groups", "output has 5 channels, groups is 3; channels must divide by groups" },
        { "rows", "the window spans 7 rows, the padded image has 6; the window must fit into the image" },
        { "columns", "the window spans 9 columns, the padded image has 8; the window must fit into the image" },
        { "padding", "padding is 0, -1, 0, 0 (top, bottom, left, right); no side may be negative" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void Errors_name_the_number_and_what_would_be_right(string mistake, string message)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => mistake switch
        {
            "images" => new ConvShape(0, 1, 8, 1, 3),
            "channels" => new ConvShape(1, -1, 8, 1, 3),
            "filters" => new ConvShape(1, 1, 8, 0, 3),
            "image" => new ConvShape(1, 1, (0, 8), 1, 3),
            "filter" => new ConvShape(1, 1, 8, 1, (3, -2)),
            "stride" => new ConvShape(1, 1, 8, 1, 3, new() { Stride = (0, 1) }),
            "dilation" => new ConvShape(1, 1, 8, 1, 3, new() { Dilation = (1, 0) }),
            "groups" => new ConvShape(1, 1, 8, 1, 3, new() { Groups = 0 }),
            "channels by groups" => new ConvShape(1, 3, 8, 2, 3, new() { Groups = 2 }),
            "filters by groups" => new ConvShape(1, 3, 8, 5, 3, new() { Groups = 3 }),
            "rows" => new ConvShape(1, 1, (4, 9), 1, (4, 3), new() { Dilation = 2, Padding = 1 }),
            "columns" => new ConvShape(1, 1, (9, 8), 1, (3, 9)),
            _ => new ConvShape(1, 1, 8, 1, 3, new() { Padding = new(0, -1, 0, 0) }),
        });
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private sealed record Axis(int Size, int Window, int Stride, int Dilation, int Before, int After)
    {
        /// <summary>Counted one by one: first places at which the last tap is still on the padded image.</summary>
        public int Positions
        {
            get
            {
                int positions = 0;
                for (int first = 0; first + (Dilation * (Window - 1)) < Before + Size + After; first += Stride) positions++;
                return positions;
            }
        }
    }
}
