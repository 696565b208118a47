using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Local response normalisation: gradients against the double twin in both layouts, messages.</summary>
public class LocalResponseNormTests
{
    private static readonly Shape Image = new(7, 3, 4);

    [Theory]
    [InlineData(5, 2f, 0.75f, 2f)]
    [InlineData(4, 3f, 0.5f, 1f)]
    [InlineData(1, 1f, 0.75f, 1f)]
    [InlineData(20, 5f, 1f, 0.5f)]
    public void Output_and_gradients_are_the_twins(int size, float alpha, float beta, float k) => Expect.Gradients(
        new LocalResponseNorm(size, alpha, beta, k), Image, new TwinChain(Image).LocalResponseNorm(new LocalResponse(size, alpha, beta, k)).Twin);

    [Fact]
    public void A_window_that_lies_otherwise_is_not_the_twins() => Assert.False(new GradientCheck().Run(
        new LocalResponseNorm(4, 3), Image, new TwinChain(Image).LocalResponseNorm(new LocalResponse(5, 3, 0.75f, 1)).Twin).Passed);

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Expect.Refusal("LocalResponseNorm \"lrn1\": the size is 0; it must be at least 1", new LocalResponseNorm(0), Image);
        Expect.Refusal("LocalResponseNorm \"lrn1\": input is 12; it must be an image, C×H×W", new LocalResponseNorm(5), new Shape(12));
    }

    [Fact]
    public void Nothing_is_learnt_and_the_shape_stays()
    {
        LocalResponseNorm layer = new(5);
        Assert.Equal(Image, Expect.OutputShape(layer, Image));
        Assert.Empty(layer.Parameters);
    }

    [Fact]
    public void It_is_written_with_all_options_that_are_not_the_usual()
    {
        Assert.Equal("LocalResponseNorm(5)", new LocalResponseNorm(5).ToString());
        Assert.Equal("LocalResponseNorm(5, alpha 0.0005, k 2)", new LocalResponseNorm(5, 5e-4f, k: 2).ToString());
        Assert.Equal("LocalResponseNorm(3, beta 0.5)", new LocalResponseNorm(3, beta: 0.5f).ToString());
    }
}
