using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Spatial pyramid pooling: one row of the same length for images of any size.</summary>
public class SpatialPyramidPoolTests
{
    public static TheoryData<Shape> Inputs { get; } = [new Shape(3, 5, 4), new Shape(2, 7, 5), new Shape(2, 3, 11), new Shape(4, 1, 2)];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Output_and_gradients_are_the_twins(Shape input)
    {
        Expect.Gradients(new SpatialPyramidPool(1, 2, 4), input, Twin(input, 1, 2, 4));
        Expect.Gradients(new SpatialPyramidPool(3), input, Twin(input, 3));
        Assert.Equal(new Shape(input[0] * 21), Expect.OutputShape(new SpatialPyramidPool(1, 2, 4), input));
    }

    [Fact]
    public void Another_order_of_levels_is_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new SpatialPyramidPool(1, 2), new Shape(2, 5, 4), Twin(new Shape(2, 5, 4), 2, 1)).Passed);

    [Fact]
    public void The_activation_before_it_is_undone_once_for_each_level()
    {
        Sequential layers = [new Conv2d(3, 2), new Tanh(), new SpatialPyramidPool(1, 2, 3), new Linear(4)];
        Expect.Passed(new GradientCheck().Run(layers.Compile(new Shape(2, 6, 7), Expect.ForCheck())));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Throws<ArgumentException>("a pyramid has at least one level", () => _ = new SpatialPyramidPool());
        Expect.Throws<ArgumentException>("a level of the pyramid is 0; it must be at least 1", () => _ = new SpatialPyramidPool(2, 0));
        Expect.Refusal("SpatialPyramidPool \"spp1\": input is 12; it must be an image, C×H×W", new SpatialPyramidPool(1), new Shape(12));
    }

    [Fact]
    public void It_is_written_with_its_levels() => Assert.Equal("SpatialPyramidPool(1, 2, 4)", new SpatialPyramidPool(1, 2, 4).ToString());

    private static Twin Twin(Shape input, params int[] levels) => (images, inputs, _) =>
        [.. from n in Enumerable.Range(0, images)
            from level in levels
            from value in ReferencePooling.MaxForward(
                PoolShape.Pyramid(1, input[0], (input[1], input[2]), level), inputs[0][(n * input.Length)..((n + 1) * input.Length)]).Y
            select value];
}
