using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;

namespace CnnEngine.Tests.Models;

/// <summary>
/// A training step of each network at its paper's size, one image: its memory can be had, every parameter learns, all gradients are finite.
/// The large ones take some seconds and up to 2 GB.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FullSizeTests : IDisposable
{
    // What a network leaves behind would add up to more than the next one takes.
    public void Dispose() => GC.Collect();

    [Theory]
    [InlineData("lenet5-1998")]
    [InlineData("lenet5")]
    [InlineData("alexnet")]
    [InlineData("alexnet-one-column")]
    [InlineData("zfnet")]
    [InlineData("nin")]
    [InlineData("overfeat")]
    [InlineData("vgg11")]
    [InlineData("vgg13")]
    [InlineData("vgg16")]
    [InlineData("vgg19")]
    [InlineData("googlenet")]
    [InlineData("inception-v4")]
    [InlineData("resnet18")]
    [InlineData("resnet34")]
    [InlineData("resnet50")]
    [InlineData("resnet101")]
    [InlineData("resnet152")]
    [InlineData("se-resnet50")]
    [InlineData("cifar-resnet20")]
    [InlineData("cifar-resnet32")]
    [InlineData("cifar-resnet44")]
    [InlineData("cifar-resnet56")]
    [InlineData("cifar-resnet110")]
    [InlineData("mobilenet")]
    [InlineData("sppnet")]
    public void A_training_step(string name)
    {
        Model model = ModelZoo.Named(name);
        Network network = model.Compile(new NetworkOptions { BatchSize = 1 });
        double loss = network.Backpropagate(Some.Images(1, model.Input, model.Classes), [0], new CrossEntropy()).MeanLoss;
        CheckGradients(network, loss);
    }

    [Theory]
    [InlineData("fpn-resnet50")]
    [InlineData("encoder-decoder")]
    [InlineData("encoder-decoder-bilinear")]
    public void A_training_step_with_other_outputs(string name)
    {
        Model model = ModelZoo.Named(name);
        Network network = model.Compile(new NetworkOptions { BatchSize = 1 });
        BatchResult result = network.Backpropagate(ModelTrainingTests.RandomImages(model.Input, 1).Span, (in LossStep step) =>
        {
            double sum = 0;
            for (int i = 0; i < network.OutputCount; i++)
            {
                step.Output(i).CopyTo(step.OutputGradient(i));
                sum += TensorPrimitives.SumOfSquares(step.Output(i)) / 2;
            }
            return sum;
        });
        CheckGradients(network, result.MeanLoss);
    }

    private static void CheckGradients(Network network, double loss)
    {
        Assert.True(double.IsFinite(loss), $"the loss is {loss}");
        foreach (NetworkLayer layer in network.Layers)
            foreach (Parameter parameter in layer.Layer.Parameters)
            {
                float norm = TensorPrimitives.SumOfMagnitudes(parameter.Gradient.Span);
                Assert.True(float.IsFinite(norm) && norm > 0, $"the gradient of {layer.Name}'s {parameter.Name} adds up to {norm}");
            }
        new Sgd().Step(network.Parameters, 1e-6f);
    }
}
