using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The list of algorithms as a whole: what they support, and what they say of themselves.</summary>
public unsafe class ConvAlgorithmTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void Costs_are_at_least_the_multiply_adds(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
            Assert.InRange(ConvCases.Algorithm("shift").Cost(pass, shape), shape.MultiplyAdds, double.MaxValue);
    }

    [Fact]
    public void Names_differ_and_the_plainest_algorithm_supports_every_pass_of_every_shape()
    {
        Assert.Equal(ConvAlgorithm.All.Count, ConvAlgorithm.All.Select(algorithm => algorithm.Name).Distinct().Count());
        foreach (string name in ConvCases.Names)
            foreach (ConvPass pass in Enum.GetValues<ConvPass>())
                Assert.True(ConvCases.Algorithm("im2col").Supports(pass, ConvCases.Shape(name)));
    }

    [Fact]
    public void A_batch_too_large_for_the_shift_algorithms_copies_is_visited_in_groups()
    {
        // Two of these images, 1.6 million numbers each with their copies, fit at once; three do not.
        ConvShape shape = new(3, 40, (200, 200), 2, 1);
        float[] x = Numbers.Integers(shape.InputLength, 1), dy = Numbers.Integers(shape.OutputLength, 2), dw = new float[shape.FilterLength];
        fixed (float* px = x, pdy = dy, pdw = dw) ConvCases.Algorithm("shift").BackwardFilter(shape, px, pdy, pdw);
        Expect.Exactly(ReferenceConvolution.BackwardFilter(shape, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(dy)), dw);
    }

    [Theory]
    [InlineData("same", true)]
    [InlineData("dilation 2×3", true)]
    [InlineData("groups 2", true)]
    [InlineData("stride 2", false)]
    [InlineData("stride 3×1", false)]
    [InlineData("padding larger than needed", false)]
    [InlineData("padding at one corner", true)]
    [InlineData("1×1, padded", false)]
    public void The_rotated_filter_serves_stride_1_with_no_more_padding_than_it_reaches(string name, bool isSupported)
    {
        ConvAlgorithm rotated = ConvCases.Algorithm("rotated");
        Assert.Equal(isSupported, rotated.Supports(ConvPass.BackwardInput, ConvCases.Shape(name)));
        Assert.False(rotated.Supports(ConvPass.Forward, ConvCases.Shape(name)));
        Assert.False(rotated.Supports(ConvPass.BackwardFilter, ConvCases.Shape(name)));
    }

    [Fact]
    public void The_rotated_filter_refuses_the_other_passes()
    {
        ConvAlgorithm rotated = ConvCases.Algorithm("rotated");
        ConvShape shape = new(1, 1, 3, 1, 2);
        Assert.Throws<NotSupportedException>(() => rotated.Forward(shape, null, null, null, default, null));
        Assert.Throws<NotSupportedException>(() => rotated.BackwardFilter(shape, null, null, null));
    }

    [Theory]
    [InlineData(ConvCases.SeveralStrips, 5)]
    [InlineData(ConvCases.StridedStrips, 5)]
    [InlineData(ConvCases.LowestStrips, 4)]
    public void Large_images_are_cut_into_several_strips(string name, int least)
    {
        ConvShape shape = ConvCases.Shape(name);
        int rows = ShiftConvolution.RowsPerStrip(shape);
        Assert.InRange(rows, least, shape.OutputHeight - 1);
        if (least == 4) Assert.Equal(4, rows);
        Assert.NotEqual(0, shape.OutputHeight % rows); // the last strip is shorter
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void A_strip_is_no_higher_than_the_image_and_small_images_are_one(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        int rows = ShiftConvolution.RowsPerStrip(shape);
        Assert.InRange(rows, 1, shape.OutputHeight);
        if (shape.InputLength / shape.N < 20_000) Assert.Equal(shape.OutputHeight, rows);
    }
}
