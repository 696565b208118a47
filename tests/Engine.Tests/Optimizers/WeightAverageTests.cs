using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>The moving average of weights: kept beside them, and put in their place and back.</summary>
public class WeightAverageTests
{
    [Fact]
    public void It_begins_with_the_first_weights_and_follows_them()
    {
        Parameter parameter = Parameter.Zeros("weight", new Shape(3));
        WeightAverage average = new([parameter], 0.75f);
        foreach (float[] weights in (float[][])[[8, -8, 0], [16, 8, 4], [0, 0, 32]])
        {
            weights.CopyTo(parameter.Value.Span);
            average.Update();
        }
        average.Swap();
        // 8 → 8 + 8/4 = 10 → 10 − 10/4 = 7.5 and so on.
        Assert.Equal([7.5f, -3, 8.75f], parameter.Value.Span.ToArray());
        average.Swap();
        Assert.Equal([0f, 0, 32], parameter.Value.Span.ToArray());
        Assert.Equal(3, average.Steps);
    }

    [Fact]
    public void It_can_be_kept_and_resumed()
    {
        Parameter[] parameters = [Parameter.Zeros("weight", new Shape(2, 3)), Parameter.Zeros("bias", new Shape(2))];
        parameters[0].Value.Span.Fill(2);
        WeightAverage first = new(parameters, 0.5f);
        first.Update();
        WeightAverage second = new(parameters, 0.5f) { Steps = first.Steps };
        foreach ((var from, var to) in first.State.Zip(second.State))
        {
            Assert.Equal(from.Name, to.Name);
            from.Tensor.Span.CopyTo(to.Tensor.Span);
        }
        parameters[0].Value.Span.Fill(4);
        second.Update();
        second.Swap();
        Assert.All(parameters[0].Value.Span.ToArray(), w => Assert.Equal(3, w));
        Assert.Equal(["0.average", "1.average"], second.State.Select(state => state.Name));
    }

    [Fact]
    public void Misuse_is_refused()
    {
        foreach (float wrong in (float[])[-0.1f, 1, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("a share of 0 to below 1 is kept", () => _ = new WeightAverage([], wrong));
        Expect.Throws<InvalidOperationException>("there is no average of weights before the first step", () => new WeightAverage([]).Swap());
        Assert.Throws<ArgumentNullException>(() => new WeightAverage(null!));
    }
}
