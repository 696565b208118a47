using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Layers;

/// <summary>Dropout and stochastic depth: what is dropped, how often, and that the gradient goes the same way.</summary>
public class DropoutTests
{
    private static readonly Shape Image = new(3, 5, 4);

    public static TheoryData<float> Probabilities { get; } = [0, 0.3f, 0.5f];

    [Theory]
    [MemberData(nameof(Probabilities))]
    public void Dropouts_output_and_gradient_are_the_twins(float probability) =>
        Expect.Gradients(new Dropout(probability), Image, Twin(Image.Length, Factors(Image.Length, probability, each: true)));

    [Theory]
    [MemberData(nameof(Probabilities))]
    public void Stochastic_depths_output_and_gradient_are_the_twins(float probability) => Expect.Passed(new GradientCheck { Images = 9 }.Run(
        new StochasticDepth(probability), Image, Twin(Image.Length, Factors(Image.Length, probability, each: false))));

    [Fact]
    public void The_network_itself_is_differentiable() => Expect.Passed(new GradientCheck().Run(new Dropout(0.4f), Image));

    [Fact]
    public void Other_numbers_dropped_are_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new Dropout(0.5f), Image, Twin(Image.Length, Factors(Image.Length, 0.4f, each: true))).Passed);

    [Theory]
    [InlineData(0.5f), InlineData(0.1f), InlineData(0.9f)]
    public void As_many_are_dropped_as_said_and_the_others_scaled(float probability)
    {
        float[] y = TrainOnOnes(new Dropout(probability), new Shape(10_000), images: 3, steps: 1);
        float scale = 1 / (1 - probability);
        Assert.All(y, value => Assert.True(value == 0 || value == scale));
        Assert.Equal(probability, y.Count(value => value == 0) / (double)y.Length, 0.02);
        // Other numbers in each image, and in the next step.
        Assert.NotEqual(y[..10_000], y[10_000..20_000]);
        Assert.NotEqual(y, TrainOnOnes(new Dropout(probability), new Shape(10_000), images: 3, steps: 2));
    }

    [Fact]
    public void Images_are_dropped_whole()
    {
        float[] y = TrainOnOnes(new StochasticDepth(0.25f), new Shape(7), images: 2000, steps: 1);
        foreach (float[] image in y.Chunk(7)) Assert.True(image.All(value => value == 0) || image.All(value => value == 1 / 0.75f));
        Assert.Equal(0.25, y.Count(value => value == 0) / (double)y.Length, 0.03);
    }

    [Fact]
    public void Everything_may_be_dropped()
    {
        Assert.All(TrainOnOnes(new Dropout(1), Image, images: 2, steps: 1), value => Assert.Equal(0, value));
        Assert.All(TrainOnOnes(new StochasticDepth(1), Image, images: 2, steps: 1), value => Assert.Equal(0, value));
    }

    [Fact]
    public void At_inference_nothing_happens()
    {
        Network network = new Sequential { new Conv2d(2, 3), new Dropout(), new StochasticDepth(0.9f) }.Compile(Image, new() { BatchSize = 4 });
        Network without = new Sequential { network.Layers[0].Layer }.Compile(Image, new() { BatchSize = 4, Training = false });
        TensorDataset data = Some.Images(4, Image, 3);
        network.Evaluate(data, Some.Indices(4), new CrossEntropy());
        without.Evaluate(data, Some.Indices(4), new CrossEntropy());
        Assert.Equal(without.Outputs.ToArray(), network.Outputs.ToArray());
    }

    [Fact]
    public void What_is_dropped_depends_neither_on_threads_nor_on_layout()
    {
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
            foreach (BatchLayout layout in Enum.GetValues<BatchLayout>())
            {
                using ForcedThreads forced = new(threads);
                Network network = new Sequential { new Dropout(), new StochasticDepth(0.3f) }.Compile(Image, new() { BatchSize = 40, Layout = layout });
                network.Backpropagate(Some.Images(40, Image, 3), Some.Indices(40), new CrossEntropy());
                Assert.Equal(first ??= network.Outputs.ToArray(), network.Outputs.ToArray());
            }
    }

    [Fact]
    public void Probabilities_that_cannot_be_are_refused()
    {
        Expect.Refusal("Dropout \"dropout1\": the probability is 1.5; it must be from 0 to 1", new Dropout(1.5f), Image);
        Expect.Refusal("StochasticDepth \"depth1\": the probability is NaN; it must be from 0 to 1", new StochasticDepth(float.NaN), Image);
    }

    [Fact]
    public void They_are_written_with_their_probability()
    {
        Assert.Equal("Dropout(0.5)", new Dropout().ToString());
        Assert.Equal("StochasticDepth(0.2)", new StochasticDepth(0.2f).ToString());
    }

    /// <summary>What the layer makes of ones in a step of training.</summary>
    private static float[] TrainOnOnes(Layer layer, Shape shape, int images, int steps)
    {
        Network network = new Sequential { layer }.Compile(shape, new() { BatchSize = images });
        Tensor ones = Tensor.Zeros(shape.Prepend(images));
        ones.Span.Fill(1);
        TensorDataset data = new("ones", ones, new int[images], 1);
        for (int step = 0; step < steps; step++) network.Backpropagate(data, Some.Indices(images), new CrossEntropy());
        return network.Outputs.ToArray();
    }

    /// <summary>What each number of an image is multiplied by in the first step of a gradient check, where the layer is the second.</summary>
    private static Func<int, double[]> Factors(int length, float probability, bool each) => image =>
    {
        SplitMix64 random = new StepOrigin(new GradientCheck().Seed, 0, 0).Random(2, image);
        double[] factors = new double[length];
        ulong bits = random.Next();
        for (int i = 0; i < length; i++)
        {
            if (each && i > 0 && i % 2 == 0) bits = random.Next();
            uint half = each && i % 2 == 1 ? (uint)(bits >> 32) : (uint)bits;
            factors[i] = half / 4294967296.0 < probability ? 0 : 1 / (1 - (double)probability);
        }
        return factors;
    };

    private static Twin Twin(int length, Func<int, double[]> factors) => (images, inputs, _) =>
        [.. Enumerable.Range(0, images).SelectMany(n => factors(n).Zip(inputs[0].Skip(n * length), (factor, x) => factor * x))];
}
