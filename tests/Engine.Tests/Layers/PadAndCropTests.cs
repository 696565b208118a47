using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Zeros around an image, and the image without its margins.</summary>
public class PadAndCropTests
{
    private static readonly Shape Input = new(2, 5, 6);

    public static TheoryData<Padding> Sides { get; } = [new Padding(1, 2, 3, 0), new Padding(0, 0, 2, 1), 1, 0];

    [Theory]
    [MemberData(nameof(Sides))]
    public void Output_and_gradients_are_the_twins(Padding sides)
    {
        Expect.Gradients(new Pad2d(sides), Input, Twin(sides, 1));
        Expect.Gradients(new Crop2d(sides), Input, Twin(sides, -1));
        int rows = sides.Top + sides.Bottom, columns = sides.Left + sides.Right;
        Assert.Equal(new Shape(2, 5 + rows, 6 + columns), Expect.OutputShape(new Pad2d(sides), Input));
        Assert.Equal(new Shape(2, 5 - rows, 6 - columns), Expect.OutputShape(new Crop2d(sides), Input));
    }

    [Fact]
    public void Another_side_is_not_the_twins()
    {
        Assert.False(new GradientCheck().Run(new Pad2d(new Padding(1, 2, 0, 0)), Input, Twin(new Padding(2, 1, 0, 0), 1)).Passed);
        Assert.False(new GradientCheck().Run(new Crop2d(new Padding(1, 2, 0, 0)), Input, Twin(new Padding(2, 1, 0, 0), -1)).Passed);
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("Pad2d \"pad1\": input is 12; it must be an image, C×H×W", new Pad2d(1), new Shape(12));
        Expect.Refusal("Pad2d \"pad1\": padding is same, which depends on a filter; state the number of each side", new Pad2d(Padding.Same), Input);
        Expect.Refusal("Crop2d \"crop1\": margins are (2, 3, 0, 0), the image is 2×5×6; something must be left of it", new Crop2d(new Padding(2, 3, 0, 0)), Input);
    }

    [Fact]
    public void They_are_written_with_their_sides()
    {
        Assert.Equal("Pad2d(2)", new Pad2d(2).ToString());
        Assert.Equal("Crop2d(1, 2, 3, 0)", new Crop2d(new Padding(1, 2, 3, 0)).ToString());
    }

    private static Twin Twin(Padding sides, int sign) => (images, inputs, _) =>
    {
        (int top, int left) = (sign * sides.Top, sign * sides.Left);
        int rows = 5 + top + (sign * sides.Bottom), columns = 6 + left + (sign * sides.Right);
        return [.. from plane in Enumerable.Range(0, 2 * images)
            from i in Enumerable.Range(0, rows)
            from j in Enumerable.Range(0, columns)
            let h = i - top
            let w = j - left
            select h >= 0 && h < 5 && w >= 0 && w < 6 ? inputs[0][(((plane * 5) + h) * 6) + w] : 0];
    };
}
