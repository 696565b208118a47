using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// Network in Network for ImageNet (M. Lin, Q. Chen, S. Yan, 2014; sizes as in the authors' Caffe model): each convolution is followed by
/// two of 1×1, a small perceptron at every pixel, and the mean over the image stands for fully connected layers.
/// </summary>
public sealed record NetworkInNetwork() : Model(new Shape(3, 224, 224), 1000)
{
    /// <inheritdoc/>
    public override string Name => "nin";

    private protected override void Build(Graph graph)
    {
        Value x = Perceptron(graph.Input, 1, 11, 4, default, 96, 96, 96).Then(new MaxPool2d(3, 2, ceilMode: true));
        x = Perceptron(x, 2, 5, 1, 2, 256, 256, 256).Then(new MaxPool2d(3, 2, ceilMode: true));
        x = Perceptron(x, 3, 3, 1, 1, 384, 384, 384).Then(new MaxPool2d(3, 2, ceilMode: true)).Drop(Share(0.5f));
        Perceptron(x, 4, 3, 1, 1, 1024, 1024, null).Then(new GlobalMeanPool2d()).Then(new Flatten());
    }

    private Value Perceptron(Value x, int number, Size2 filter, Size2 stride, Padding padding, int filters, int hidden, int? outputs) => x
        .Conv($"conv{number}", Scaled(filters), filter, stride, padding)
        .Conv($"cccp{number}a", Scaled(hidden), 1)
        .Conv($"cccp{number}b", outputs is { } maps ? Scaled(maps) : Classes, 1);
}
