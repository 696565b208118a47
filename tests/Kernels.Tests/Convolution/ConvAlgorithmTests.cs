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

    [Theory, MemberData(nameof(ShapeNames))]
    public void Every_supported_pass_has_a_cost_and_one_more_for_more_images(string name)
    {
        ConvShape shape = ConvCases.Shape(name), many = shape.WithImages(64 * shape.N);
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
            foreach (ConvAlgorithm algorithm in ConvAlgorithm.All)
            {
                if (!algorithm.Supports(pass, shape) || !algorithm.Supports(pass, many)) continue;
                double cost = algorithm.Cost(pass, shape);
                Assert.InRange(cost, 1, 1e15);
                Assert.InRange(algorithm.Cost(pass, many), cost + 1, 64 * 1.5 * cost);
            }
    }

    [Theory, InlineData(ConvPass.Forward), InlineData(ConvPass.BackwardInput)]
    public void The_pixels_of_a_single_image_are_shared_out(ConvPass pass)
    {
        ConvShape shape = new(1, 512, 14, 512, 1);
        ConvAlgorithm pointwise = ConvCases.Algorithm("pointwise");
        Assert.True(pointwise.ScratchBytes(pass, shape, 2) > pointwise.ScratchBytes(pass, shape, 1));
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
        fixed (float* px = x, pdy = dy, pdw = dw) ConvCases.Algorithm("shift").BackwardFilter(shape, px, pdy, pdw, null);
        Expect.Exactly(ReferenceConvolution.BackwardFilter(shape, ReferenceArrays.ToDoubles(x), ReferenceArrays.ToDoubles(dy)), dw);
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void Shifted_planes_and_the_rotated_filter_serve_every_pass_together(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
        {
            Assert.Equal(pass != ConvPass.BackwardInput, ConvCases.Algorithm("shift").Supports(pass, shape));
            Assert.Equal(pass == ConvPass.BackwardInput, ConvCases.Algorithm("rotated").Supports(pass, shape));
        }
    }

    [Fact]
    public void Passes_that_are_not_supported_are_refused()
    {
        ConvAlgorithm rotated = ConvCases.Algorithm("rotated");
        ConvShape shape = new(1, 1, 3, 1, 2);
        Assert.Throws<NotSupportedException>(() => rotated.Forward(shape, null, null, null, default, null));
        Assert.Throws<NotSupportedException>(() => rotated.BackwardFilter(shape, null, null, null, null));
        Assert.Throws<NotSupportedException>(() => ConvCases.Algorithm("shift").BackwardInput(shape, null, null, null));
    }

    [Theory]
    [InlineData(ConvCases.SeveralStrips, 5)]
    [InlineData(ConvCases.StridedStrips, 5)]
    [InlineData(ConvCases.LowestStrips, 4)]
    public void Large_images_are_cut_into_several_strips(string name, int least)
    {
        ConvShape shape = ConvCases.Shape(name);
        int rows = new ShiftStrips(shape, 12).RowsPerStrip;
        Assert.InRange(rows, least, shape.OutputHeight - 1);
        Assert.NotEqual(0, shape.OutputHeight % rows); // the last strip is shorter
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void Strips_cover_the_image_and_tiles_a_strip(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        ShiftStrips strips = new(shape, 12);
        Assert.InRange(strips.StripsPerImage * strips.RowsPerStrip, shape.OutputHeight, shape.OutputHeight + strips.RowsPerStrip - 1);
        Assert.InRange(strips.RowsPerTile, 1, strips.RowsPerStrip);
        Assert.InRange(strips.TileStride, strips.Pixels(strips.RowsPerTile), int.MaxValue);
        Assert.Equal(shape.N * strips.StripsPerImage, strips.Chunks);
    }
}
