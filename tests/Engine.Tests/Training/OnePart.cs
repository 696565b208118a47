using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Training;

/// <summary>A network of more than a million parameters, which is not cut into parts.</summary>
internal static class OnePart
{
    public static readonly Shape Image = new(3, 12, 14);

    public static Sequential Layers() =>
    [
        new Conv2d(20, 3, padding: Padding.Same), new ReLU(), new MaxPool2d(3, 1, 1),
        new Conv2d(22, (2, 3), padding: Padding.Same), new Tanh(), new MeanPool2d(2, 1),
        new Conv2d(24, 3, stride: (1, 2), padding: 1), new LeakyReLU(), new Flatten(),
        new Linear(620), new Sigmoid(), new Linear(10),
    ];
}
