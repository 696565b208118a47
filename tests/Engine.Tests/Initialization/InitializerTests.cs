using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Initialization;

/// <summary>How weights begin: with the right spread, the same for the same seed, another for each layer.</summary>
public class InitializerTests
{
    private const int FanIn = 300;
    private const int FanOut = 100;

    [Fact]
    public void LeCun_has_variance_1_by_fan_in() => CheckSpread(Initializer.LeCun, 1.0 / FanIn);

    [Fact]
    public void Xavier_has_variance_2_by_both_fans() => CheckSpread(Initializer.Xavier, 2.0 / (FanIn + FanOut));

    [Fact]
    public void Kaiming_has_variance_2_by_fan_in() => CheckSpread(Initializer.Kaiming, 2.0 / FanIn);

    [Fact]
    public void Scaled_weights_are_the_same_ones_multiplied()
    {
        float[] plain = Draw(Initializer.Kaiming), scaled = Draw(Initializer.Kaiming.Scaled(0.5f));
        Assert.All(plain.Zip(scaled), pair => Assert.Equal(0.5f * pair.First, pair.Second, 1e-6f));
        Assert.Equal("kaiming ×0.5", Initializer.Kaiming.Scaled(0.5f).ToString());
        foreach (float factor in (float[])[0, -1, float.NaN, float.PositiveInfinity])
            Assert.Throws<ArgumentOutOfRangeException>("factor", () => Initializer.Xavier.Scaled(factor));
    }

    [Fact]
    public void Zeros_are_zeros()
    {
        float[] values = [1, 2, 3];
        SplitMix64 random = new(1);
        Initializer.Zeros.Fill(values, 3, 3, ref random);
        Assert.Equal([0, 0, 0], values);
    }

    [Fact]
    public void A_constant_is_everywhere()
    {
        float[] values = new float[5];
        SplitMix64 random = default;
        Initializer.Constant(0.25f).Fill(values, 3, 3, ref random);
        Assert.All(values, value => Assert.Equal(0.25f, value));
        Assert.Equal("0.25", Initializer.Constant(0.25f).ToString());
    }

    [Fact]
    public void Xavier_is_even_the_others_are_bell_shaped()
    {
        // Of an even distribution on (−a, a) half lies within a/2; none beyond a. Of a normal one 68.3 % lie within one deviation.
        double reach = Math.Sqrt(6.0 / (FanIn + FanOut));
        float[] xavier = Draw(Initializer.Xavier);
        Assert.True(xavier.Max() <= reach && xavier.Min() >= -reach);
        Assert.Equal(0.5, xavier.Count(w => Math.Abs(w) < reach / 2) / (double)xavier.Length, 0.02);
        (Initializer, double)[] normal = [(Initializer.LeCun, 1.0 / FanIn), (Initializer.Kaiming, 2.0 / FanIn)];
        foreach ((Initializer initializer, double variance) in normal)
        {
            float[] weights = Draw(initializer);
            Assert.Equal(0.683, weights.Count(w => w * w < variance) / (double)weights.Length, 0.02);
            Assert.Contains(weights, w => w * w > 9 * variance);
        }
    }

    [Fact]
    public void The_seed_decides()
    {
        Assert.Equal(Weights(seed: 1), Weights(seed: 1));
        Assert.NotEqual(Weights(seed: 1), Weights(seed: 2));
    }

    [Fact]
    public void Layers_of_one_shape_begin_differently()
    {
        Network network = new Sequential { new Linear(8), new Tanh(), new Linear(8), new Tanh(), new Linear(8) }.Compile(new Shape(8));
        Assert.Equal(3, network.Parameters.Where(p => p.Name == "weight").Select(p => string.Join(' ', p.Value.Span.ToArray())).Distinct().Count());
    }

    [Fact]
    public void They_are_written_by_name() => Assert.Equal(["zeros", "lecun", "xavier", "kaiming"],
        ((Initializer[])[Initializer.Zeros, Initializer.LeCun, Initializer.Xavier, Initializer.Kaiming]).Select(i => i.ToString()));

    private static void CheckSpread(Initializer initializer, double variance)
    {
        float[] weights = Draw(initializer);
        Assert.Equal(0, weights.Average(w => (double)w), Math.Sqrt(variance) * 0.02);
        Assert.Equal(variance, weights.Average(w => (double)w * w), variance * 0.03);
    }

    private static float[] Draw(Initializer initializer)
    {
        Linear layer = new(FanOut) { Initializer = initializer };
        new Sequential { layer }.Compile(new Shape(FanIn), new NetworkOptions { BatchSize = 1 });
        return layer.Weight!.Value.Span.ToArray();
    }

    private static float[] Weights(long seed)
    {
        Sequential layers = [new Conv2d(3, 3), new Flatten(), new Linear(4)];
        Network network = layers.Compile(new Shape(2, 5, 6), new NetworkOptions { Seed = seed });
        return [.. network.Parameters.SelectMany(p => p.Value.Span.ToArray())];
    }
}
