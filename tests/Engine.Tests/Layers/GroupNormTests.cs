using CnnEngine.Analysis;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Layer and group normalisation: gradients against the double twin, shapes, messages.</summary>
public class GroupNormTests
{
    private static readonly Shape Image = new(6, 3, 5);

    [Fact]
    public void Layer_normalisation_of_a_whole_image() =>
        Expect.Gradients(new LayerNorm(), Image, new TwinChain(Image).GroupNorm(1, 90, 1).Twin);

    [Fact]
    public void Layer_normalisation_of_features() => Expect.Gradients(
        [new Linear(7), new LayerNorm { Epsilon = 0.01f }, new Tanh()],
        new TwinChain(new Shape(5)).Linear(7).GroupNorm(1, 7, 1, epsilon: 0.01f).Activate(Kernels.Activation.Tanh), new Shape(5));

    [Theory]
    [InlineData(1, 18), InlineData(2, 6), InlineData(3, 1)]
    public void Layer_normalisation_of_the_last_axes(int axes, int rows) =>
        Expect.Gradients(new LayerNorm(axes), Image, new TwinChain(Image).GroupNorm(1, 90 / rows, 1, rows).Twin);

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(6)]
    public void Group_normalisation(int groups) =>
        Expect.Gradients(new GroupNorm(groups), Image, new TwinChain(Image).GroupNorm(groups, 6 / groups, 15).Twin);

    [Fact]
    public void Group_normalisation_of_features() =>
        Expect.Gradients(new GroupNorm(3), new Shape(12), new TwinChain(new Shape(12)).GroupNorm(3, 4, 1).Twin);

    [Fact]
    public void Other_groups_are_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new GroupNorm(2), Image, new TwinChain(Image).GroupNorm(3, 2, 15).Twin).Passed);

    [Fact]
    public void What_is_learnt()
    {
        Expect.Parameters(new LayerNorm(), Image, "weight 6×3×5", "bias 6×3×5");
        Expect.Parameters(new LayerNorm(2), Image, "weight 3×5", "bias 3×5");
        Expect.Parameters(new GroupNorm(3), Image, "weight 6", "bias 6");
        Assert.Equal(Image, Expect.OutputShape(new GroupNorm(3), Image));
        Assert.Equal(Image, Expect.OutputShape(new LayerNorm(1), Image));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Expect.Refusal("GroupNorm \"norm1\": 6 channels cannot be cut into 4 groups of one size", new GroupNorm(4), Image);
        Expect.Refusal("GroupNorm \"norm1\": 6 channels cannot be cut into 0 groups of one size", new GroupNorm(0), Image);
        Expect.Refusal("LayerNorm \"norm1\": the last 4 axes are to be normalised; input is 6×3×5, which has 3", new LayerNorm(4), Image);
        Expect.Refusal("LayerNorm \"norm1\": the last 0 axes are to be normalised; input is 6×3×5, which has 3", new LayerNorm(0), Image);
        Expect.Refusal("LayerNorm \"norm1\": epsilon is -1; it must be 0 or more", new LayerNorm { Epsilon = -1 }, Image);
    }

    [Fact]
    public void They_are_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("LayerNorm", new LayerNorm().ToString());
        Assert.Equal("LayerNorm(last 1, epsilon 0.001)", new LayerNorm(1) { Epsilon = 1e-3f }.ToString());
        Assert.Equal("GroupNorm(2)", new GroupNorm(2).ToString());
    }
}
