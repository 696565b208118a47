using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>How strongly each pixel moves a class's score.</summary>
public class SaliencyTests
{
    private static readonly Shape Image = new(3, 9, 8);

    // The score is what goes into the softmax: behind it, a sure network's derivatives would vanish.
    [Fact]
    public void It_is_the_largest_derivative_of_the_channels()
    {
        Network network = new Sequential { new Conv2d(4, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(5), new Softmax() }
            .Compile(Image, new NetworkOptions { BatchSize = 2 });
        Twin twin = new TwinChain(Image).Conv(4, 3).Activate(Activation.Relu).MaxPool(2).Linear(5).Twin;
        double[][] parameters = [.. network.Parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), x => (double)x))];
        int[] classes = [3, 0, 4];
        Tensor images = Images(classes.Length);
        float[] weights = Some.Weights(network);

        Tensor maps = Saliency.Of(network, images, classes);

        Assert.Equal(new Shape(3, 9, 8), maps.Shape);
        Assert.Equal(weights, Some.Weights(network));
        float[] expected = new float[maps.Length];
        for (int n = 0; n < classes.Length; n++)
            for (int i = 0; i < Image.Length; i++)
            {
                double[] image = Array.ConvertAll(images.Images(n, 1).Span.ToArray(), x => (double)x);
                image[i] += 1e-6;
                double above = twin(1, [image], parameters)[classes[n]];
                image[i] -= 2e-6;
                double slope = (above - twin(1, [image], parameters)[classes[n]]) / 2e-6;
                ref float largest = ref expected[(n * 72) + (i % 72)];
                largest = Math.Max(largest, (float)Math.Abs(slope));
            }
        Some.Close(expected, maps.Span.ToArray(), 1e-4f);
    }

    // Not of the batch's own mean and variance, and nothing dropped.
    [Fact]
    public void It_is_that_of_the_network_at_inference()
    {
        BatchNorm2d first = new(), second = new();
        Network network = new Sequential { new Conv2d(4, 3), first, new Swish(), new Dropout(), new Flatten(), second, new StochasticDepth(0.5f), new Linear(5) }.Compile(Image);
        Random random = new(5);
        foreach (Parameter numbers in first.State.Concat(second.State).Concat(first.Parameters))
            foreach (ref float number in numbers.Value.Span) number = 0.5f + random.NextSingle();
        float[] state = State();
        Tensor images = Images(1);

        float[] map = Saliency.Of(network, images, [2]).Span.ToArray();

        Assert.Equal(state, State());
        float[] expected = new float[map.Length];
        for (int i = 0; i < Image.Length; i++)
        {
            float before = images.Span[i];
            images.Span[i] = before + (1 / 128f);
            float above = network.Predict(images).Span[2];
            images.Span[i] = before - (1 / 128f);
            expected[i % 72] = Math.Max(expected[i % 72], Math.Abs(above - network.Predict(images).Span[2]) * 64);
            images.Span[i] = before;
        }
        Some.Close(expected, map, 2e-3f);

        float[] State() => [.. first.State.Concat(second.State).SelectMany(s => s.Value.Span.ToArray())];
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Network network = new Sequential { new Flatten(), new Linear(5) }.Compile(Image);
        Expect.Throws<ArgumentException>("images are 1×3×8×9; the network takes N×3×9×8", () => Saliency.Of(network, Tensor.Zeros(new Shape(1, 3, 8, 9)), [0]));
        Expect.Throws<ArgumentException>("there are 2 images and 1 classes; there must be one for each image", () => Saliency.Of(network, Images(2), [0]));
        Expect.Throws<ArgumentException>("there is no class 5; the classes are 0 to 4", () => Saliency.Of(network, Images(1), [5]));
    }

    private static Tensor Images(int count)
    {
        Tensor images = Tensor.Zeros(Image.Prepend(count));
        Some.Images(count, Image, 5, seed: 3).Read(Some.Indices(count), images.Span, new int[count]);
        return images;
    }
}
