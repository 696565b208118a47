using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>Adam over several steps, against the double twin.</summary>
public class AdamTests
{
    [Theory]
    [InlineData(0.9f, 0.999f, 0, false)]
    [InlineData(0.7f, 0.9f, 0.05f, false)]
    [InlineData(0.7f, 0.9f, 0.05f, true)]
    public void Every_parameter_has_means_of_its_own(float beta1, float beta2, float weightDecay, bool decoupled)
    {
        Random random = new(1);
        Parameter[] parameters = [Parameter.Zeros("weight", new Shape(7, 5)), Parameter.Zeros("bias", new Shape(7))];
        foreach (Parameter parameter in parameters) Fill(parameter.Value, random);
        double[][] w = Array.ConvertAll(parameters, p => ReferenceArrays.ToDoubles(p.Value.Span));
        double[][] m = Array.ConvertAll(w, x => new double[x.Length]), v = Array.ConvertAll(w, x => new double[x.Length]);
        Adam adam = decoupled ? new AdamW(beta1, beta2, weightDecay: weightDecay) : new Adam(beta1, beta2, weightDecay: weightDecay);
        AdamRates rates = new(beta1, beta2, 1e-8f, weightDecay, decoupled);
        for (int step = 1; step <= 5; step++)
        {
            float rate = 0.1f / step;
            foreach (Parameter parameter in parameters) Fill(parameter.Gradient, random);
            adam.Step(parameters, rate);
            for (int i = 0; i < parameters.Length; i++)
            {
                ReferenceAdam.Step(w[i], ReferenceArrays.ToDoubles(parameters[i].Gradient.Span), m[i], v[i], rates, rate, step);
                for (int j = 0; j < w[i].Length; j++) Assert.Equal(w[i][j], parameters[i].Value.Span[j], 1e-5);
            }
        }
    }

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        foreach (float beta in (float[])[-0.1f, 1, float.NaN])
        {
            Expect.Throws<ArgumentOutOfRangeException>("beta1 is 0 to below 1", () => _ = new Adam(beta));
            Expect.Throws<ArgumentOutOfRangeException>("beta2 is 0 to below 1", () => _ = new Adam(0.9f, beta));
        }
        foreach (float epsilon in (float[])[0, -1e-8f, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("epsilon is a number above 0", () => _ = new Adam(epsilon: epsilon));
        foreach (float decay in (float[])[-0.1f, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("weight decay is 0 or more", () => _ = new Adam(weightDecay: decay));
        Adam adam = new(0.7f, 0.9f, 1e-6f, 0.1f);
        Assert.Equal((0.7f, 0.9f, 1e-6f, 0.1f), (adam.Beta1, adam.Beta2, adam.Epsilon, adam.WeightDecay));
        adam = new Adam();
        Assert.Equal((0.9f, 0.999f, 1e-8f, 0f), (adam.Beta1, adam.Beta2, adam.Epsilon, adam.WeightDecay));
        Assert.Equal("Adam, β 0.9 and 0.999", adam.ToString());
        adam = new AdamW();
        Assert.Equal((0.9f, 0.999f, 1e-8f, 0.01f), (adam.Beta1, adam.Beta2, adam.Epsilon, adam.WeightDecay));
        Assert.Equal("AdamW, β 0.9 and 0.999, weight decay 0.01", adam.ToString());
    }

    private static void Fill(Tensor tensor, Random random)
    {
        foreach (ref float value in tensor.Span) value = (random.NextSingle() * 2) - 1;
    }
}
