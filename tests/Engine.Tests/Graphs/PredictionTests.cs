using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>Outputs without training: for any number of images, in less memory.</summary>
public class PredictionTests
{
    private static readonly Shape Image = LeNetModel.Image;

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(47)]
    public void Any_number_of_images_can_be_given(int count)
    {
        Network network = LeNetModel.Modern().Compile(Image, new NetworkOptions { BatchSize = 20 });
        Network single = LeNetModel.Modern().Compile(Image, new NetworkOptions { BatchSize = 1 });
        Tensor images = Read(Some.Images(count, Image, 10), count);
        Tensor outputs = network.Predict(images);
        Assert.Equal(new Shape(count, 10), outputs.Shape);
        for (int n = 0; n < count; n++)
            Some.Close(single.Predict(images.Images(n, 1)).Span.ToArray(), outputs.Images(n, 1).Span.ToArray());
    }

    [Fact]
    public void Spans_give_the_same_as_tensors()
    {
        Network network = LeNetModel.Modern().Compile(Image, new NetworkOptions { BatchSize = 4 });
        Tensor images = Read(Some.Images(6, Image, 10), 6);
        float[] outputs = new float[61];
        outputs[60] = 7;
        network.Predict(images.Span, outputs);
        Assert.Equal(network.Predict(images).Span.ToArray(), outputs[..60]);
        Assert.Equal(7, outputs[60]);
        network.Predict([], outputs);
        Assert.Equal(7, outputs[60]);
    }

    [Fact]
    public void A_network_without_training_gives_the_same_outputs_in_less_memory()
    {
        foreach (Sequential layers in (Sequential[])[LeNetModel.Modern(), LeNetModel.Classical()])
        {
            Network training = layers.Compile(Image, new NetworkOptions { BatchSize = 40 });
            Network predicting = layers.Compile(Image, new NetworkOptions { BatchSize = 40, Training = false });
            TensorDataset data = Some.Images(40, Image, 10);
            Assert.Equal(training.Evaluate(data, Some.Indices(40), new CrossEntropy()), predicting.Evaluate(data, Some.Indices(40), new CrossEntropy()));
            Assert.Equal(training.Outputs.ToArray(), predicting.Outputs.ToArray());
            Assert.InRange(predicting.PlannedBytes, 1, training.PlannedBytes * 2 / 3);
        }
    }

    [Fact]
    public void Evaluating_gives_the_outputs_of_predicting()
    {
        Network network = LeNetModel.Modern().Compile(Image, new NetworkOptions { BatchSize = 40 });
        TensorDataset data = Some.Images(40, Image, 10);
        float[] predicted = network.Predict(Read(data, 40)).Span.ToArray();
        network.Evaluate(data, Some.Indices(40), new CrossEntropy());
        Assert.Equal(predicted, network.Outputs.ToArray());
        network.Backpropagate(data, Some.Indices(40), new CrossEntropy());
        Assert.Equal(predicted, network.Outputs.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Network network = LeNetModel.Modern().Compile(Image, new NetworkOptions { BatchSize = 4, Training = false });
        Expect.Throws<ArgumentException>("images are 2×1×28×27; the network takes N×1×28×28",
            () => network.Predict(Tensor.Zeros(new Shape(2, 1, 28, 27))));
        Expect.Throws<ArgumentException>("images are 1×28×28; the network takes N×1×28×28", () => network.Predict(Tensor.Zeros(Image)));
        Expect.Throws<ArgumentException>("785 numbers are not whole images of 1×28×28",
            () => network.Predict(new float[785], new float[20]));
        Expect.Throws<ArgumentException>("outputs holds 19 numbers; 2 images need 20",
            () => network.Predict(new float[2 * 784], new float[19]));
        Expect.Throws<InvalidOperationException>("the network was compiled without training; it keeps no gradients",
            () => network.Backpropagate(Some.Images(2, Image, 10), [0, 1], new CrossEntropy()));
    }

    private static Tensor Read(TensorDataset data, int count)
    {
        Tensor images = Tensor.Zeros(Image.Prepend(count));
        data.Read(Some.Indices(count), images.Span, new int[count]);
        return images;
    }
}
