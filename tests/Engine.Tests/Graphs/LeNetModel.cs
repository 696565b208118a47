using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>LeNet as the sample has it, and its double twin.</summary>
internal static class LeNetModel
{
    public static readonly Shape Image = new(1, 28, 28);

    /// <summary>The modern form: ReLU and max pooling.</summary>
    public static Sequential Modern() =>
    [
        new Conv2d(6, 5, padding: 2), new ReLU(), new MaxPool2d(2),
        new Conv2d(16, 5), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Linear(120), new ReLU(), new Linear(84), new ReLU(), new Linear(10),
    ];

    /// <summary>The classical form: sigmoid and mean pooling.</summary>
    public static Sequential Classical() =>
    [
        new Conv2d(6, 5, padding: 2) { Initializer = Initializer.Xavier }, new Sigmoid(), new MeanPool2d(2),
        new Conv2d(16, 5) { Initializer = Initializer.Xavier }, new Sigmoid(), new MeanPool2d(2),
        new Flatten(), new Linear(120) { Initializer = Initializer.Xavier }, new Sigmoid(),
        new Linear(84) { Initializer = Initializer.Xavier }, new Sigmoid(), new Linear(10) { Initializer = Initializer.Xavier },
    ];

    public static TwinChain ModernTwin() => new TwinChain(Image)
        .Conv(6, 5, new ConvOptions { Padding = 2 }).Activate(Activation.Relu).MaxPool(2)
        .Conv(16, 5).Activate(Activation.Relu).MaxPool(2)
        .Linear(120).Activate(Activation.Relu).Linear(84).Activate(Activation.Relu).Linear(10);

    public static TwinChain ClassicalTwin() => new TwinChain(Image)
        .Conv(6, 5, new ConvOptions { Padding = 2 }).Activate(Activation.Sigmoid).MeanPool(2)
        .Conv(16, 5).Activate(Activation.Sigmoid).MeanPool(2)
        .Linear(120).Activate(Activation.Sigmoid).Linear(84).Activate(Activation.Sigmoid).Linear(10);
}
