using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Biases and activations added to planes afterwards, and the biases' gradients.</summary>
public class PlaneBiasTests
{
    [Theory, InlineData(1, 1, 1), InlineData(2, 3, 5), InlineData(3, 2, 17), InlineData(1, 4, 70)]
    public void Each_plane_gets_its_channels_bias_before_the_activation(int images, int channels, int length)
    {
        foreach (Activation activation in new[] { Activation.Identity, Activation.Relu, Activation.LeakyRelu(0.5f) })
        {
            float[] y = Numbers.Integers(images * channels * length, 1), bias = Numbers.Integers(channels, 2);
            double[] expected = ReferenceActivations.Forward(activation, [.. y.Select((value, i) => (double)value + bias[i / length % channels])]);
            Guarded<float> planes = new(y);
            PlaneBias.Forward(length, bias, activation, planes.Span);
            planes.AssertIntact();
            if (expected.Any(value => value != 0)) Expect.Exactly(expected, planes.Span);
            else Assert.Equal(expected, ReferenceArrays.ToDoubles(planes.Span));
        }
    }

    [Fact]
    public void Without_biases_the_activation_alone_is_applied()
    {
        float[] y = [-1, 2, -3];
        PlaneBias.Forward(3, default, Activation.Identity, y);
        Assert.Equal([-1, 2, -3], y);
        PlaneBias.Forward(3, default, Activation.Relu, y);
        Assert.Equal([0, 2, 0], y);
    }

    [Theory, InlineData(1, 1, 1), InlineData(2, 3, 5), InlineData(3, 2, 17), InlineData(1, 4, 70)]
    public void The_gradient_is_the_sum_over_a_channels_planes(int images, int channels, int length)
    {
        float[] dy = Numbers.Integers(images * channels * length, 3), before = Numbers.Integers(channels, 4);
        double[] expected = ReferenceArrays.ToDoubles(before);
        for (int i = 0; i < dy.Length; i++) expected[i / length % channels] += dy[i];
        Guarded<float> delta = new(dy), dbias = new(before);
        PlaneBias.Backward(length, delta.Span, dbias.Span);
        dbias.AssertIntact();
        Assert.Equal(expected, ReferenceArrays.ToDoubles(dbias.Span));
    }

    [Fact]
    public void Spans_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>("planeLength", () => PlaneBias.Forward(0, default, default, new float[2]));
        ArgumentException exception = Assert.Throws<ArgumentException>("y", () => PlaneBias.Forward(2, new float[2], default, new float[6]));
        Assert.Contains("y holds 6 numbers; that is not whole images of 2×2", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("dy", () => PlaneBias.Backward(2, new float[6], new float[2]));
    }
}
