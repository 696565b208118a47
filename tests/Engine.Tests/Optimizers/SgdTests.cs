using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>Gradient descent over several steps, against the double twin.</summary>
public class SgdTests
{
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0.9f, 0, false)]
    [InlineData(0.9f, 0.05f, false)]
    [InlineData(0.9f, 0, true)]
    [InlineData(0.5f, 0.05f, true)]
    [InlineData(0, 0.05f, false)]
    public void Five_steps_are_the_twins(float momentum, float weightDecay, bool nesterov)
    {
        Random random = new(1);
        Parameter[] parameters = [Parameter.Zeros("weight", new Shape(7, 5)), Parameter.Zeros("bias", new Shape(7))];
        foreach (Parameter parameter in parameters) Fill(parameter.Value, random);
        double[][] w = Array.ConvertAll(parameters, p => ReferenceArrays.ToDoubles(p.Value.Span)), v = Array.ConvertAll(w, x => new double[x.Length]);
        Sgd sgd = new(momentum, weightDecay, nesterov);
        for (int step = 0; step < 5; step++)
        {
            float rate = 0.1f / (step + 1);
            foreach (Parameter parameter in parameters) Fill(parameter.Gradient, random);
            sgd.Step(parameters, rate);
            for (int i = 0; i < parameters.Length; i++)
            {
                ReferenceSgd.Step(w[i], ReferenceArrays.ToDoubles(parameters[i].Gradient.Span), v[i], rate, momentum, weightDecay, nesterov);
                for (int j = 0; j < w[i].Length; j++) Assert.Equal(w[i][j], parameters[i].Value.Span[j], 1e-5);
            }
        }
    }

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        foreach (float momentum in (float[])[-0.1f, 1, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("momentum is 0 to below 1", () => _ = new Sgd(momentum));
        foreach (float decay in (float[])[-0.1f, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("weight decay is 0 or more", () => _ = new Sgd(0, decay));
        Sgd sgd = new(0.9f, 0.1f, nesterov: true);
        Assert.Equal((0.9f, 0.1f, true), (sgd.Momentum, sgd.WeightDecay, sgd.Nesterov));
    }

    private static void Fill(Tensor tensor, Random random)
    {
        foreach (ref float value in tensor.Span) value = (random.NextSingle() * 2) - 1;
    }
}
