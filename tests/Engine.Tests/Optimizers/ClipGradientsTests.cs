using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>Clipping of gradients by value and by norm.</summary>
public class ClipGradientsTests
{
    [Fact]
    public void A_norm_is_that_of_all_parameters_together()
    {
        Parameter[] parameters = Parameters();
        Assert.Equal(13, ClipGradients.ByNorm(parameters, 6.5f), 1e-12);
        Assert.Equal(1.5f, parameters[0].Gradient.Span[0], 1e-6f);
        Assert.Equal(-2, parameters[0].Gradient.Span[1], 1e-6f);
        Assert.Equal(6, parameters[1].Gradient.Span[0], 1e-6f);
        Assert.Equal(6.5, ClipGradients.ByNorm(parameters, 100), 1e-5);
    }

    [Fact]
    public void Gradients_that_are_short_enough_keep_their_bits()
    {
        Parameter[] parameters = Parameters();
        ClipGradients.ByNorm(parameters, 13.1f);
        ClipGradients.ByValue(parameters, 12);
        Assert.Equal([3, -4], parameters[0].Gradient.Span.ToArray());
        Assert.Equal([12f], parameters[1].Gradient.Span.ToArray());
    }

    [Fact]
    public void Values_are_limited_one_by_one()
    {
        Parameter[] parameters = Parameters();
        ClipGradients.ByValue(parameters, 3.5f);
        Assert.Equal([3, -3.5f], parameters[0].Gradient.Span.ToArray());
        Assert.Equal([3.5f], parameters[1].Gradient.Span.ToArray());
    }

    [Fact]
    public void What_is_no_number_is_not_hidden()
    {
        Parameter[] parameters = Parameters();
        parameters[1].Gradient.Span[0] = float.NaN;
        Assert.Equal(double.NaN, ClipGradients.ByNorm(parameters, 1));
        Assert.All(parameters, p => Assert.All(p.Gradient.Span.ToArray(), g => Assert.Equal(float.NaN, g)));
    }

    [Fact]
    public void Limits_that_are_none_are_refused()
    {
        foreach (float wrong in (float[])[0, -1, float.NaN])
        {
            Expect.Throws<ArgumentOutOfRangeException>("gradients are clipped to a number above 0", () => ClipGradients.ByNorm([], wrong));
            Expect.Throws<ArgumentOutOfRangeException>("gradients are clipped to a number above 0", () => ClipGradients.ByValue([], wrong));
        }
        Assert.Throws<ArgumentNullException>(() => ClipGradients.ByNorm(null!, 1));
    }

    // Of the norm √(3² + 4² + 12²) = 13.
    private static Parameter[] Parameters()
    {
        Parameter[] parameters = [Parameter.Zeros("weight", new Shape(2)), Parameter.Zeros("bias", new Shape(1))];
        (parameters[0].Gradient.Span[0], parameters[0].Gradient.Span[1], parameters[1].Gradient.Span[0]) = (3, -4, 12);
        return parameters;
    }
}
