using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>Two networks of the same layers have the same weights: one to train with, one to predict with, one for other images.</summary>
public class SharedWeightsTests
{
    private static readonly Shape Image = new(1, 8, 7);

    [Fact]
    public void Both_have_the_same_parameters()
    {
        Sequential layers = [new Conv2d(3, 3), new ReLU(), new Flatten(), new Linear(4)];
        Network one = layers.Compile(Image, new NetworkOptions { Seed = 1 });
        Network two = layers.Compile(Image, new NetworkOptions { Seed = 2, Training = false });
        Assert.Equal(4, one.Parameters.Count);
        Assert.All(one.Parameters.Zip(two.Parameters), pair => Assert.Same(pair.First, pair.Second));
    }

    [Fact]
    public void What_one_learns_the_other_knows()
    {
        Sequential layers = [new Conv2d(3, 3), new ReLU(), new Flatten(), new Linear(4)];
        Network training = layers.Compile(Image, new NetworkOptions { BatchSize = 8 });
        Network predicting = layers.Compile(Image, new NetworkOptions { BatchSize = 3, Training = false });
        TensorDataset data = Some.Images(8, Image, 4);
        BatchResult before = predicting.Evaluate(data, [0, 1, 2], new CrossEntropy());
        training.Backpropagate(data, Some.Indices(8), new CrossEntropy());
        new Sgd().Step(training.Parameters, 0.1f);
        BatchResult after = predicting.Evaluate(data, [0, 1, 2], new CrossEntropy());
        Assert.NotEqual(before, after);
        Assert.Equal(training.Evaluate(data, [0, 1, 2], new CrossEntropy()), after);
    }

    [Fact]
    public void Convolutions_take_images_of_another_size()
    {
        Sequential layers = [new Conv2d(3, 3), new ReLU()];
        Network small = layers.Compile(new Shape(1, 3, 4)), large = layers.Compile(new Shape(1, 9, 11));
        Assert.Same(small.Parameters[0], large.Parameters[0]);
        Assert.Equal(new Shape(3, 7, 9), large.OutputShape);
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused()
    {
        Sequential layers = [new Flatten(), new Linear(4)];
        layers.Compile(new Shape(5));
        Expect.Throws<ArgumentException>("Linear \"fc1\": its weight is 4×5 from an earlier network; this input needs 4×6",
            () => layers.Compile(new Shape(6)));
    }
}
