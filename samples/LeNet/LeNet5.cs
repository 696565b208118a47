using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;
using CnnEngine.Optimizers;

namespace LeNet;

/// <summary>
/// LeNet-5 (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998) in its
/// modern form: two convolutions with pooling, three fully connected layers, softmax cross-entropy behind the last.
/// </summary>
internal static class LeNet5
{
    /// <summary>Gradient descent with momentum, one cycle in ten epochs.</summary>
    public static Recipe Recipe(Activation activation, Pooling pooling) => new()
    {
        Build = () => Layers(activation, pooling).ToGraph(),
        // A step shrinks the weights by η·λ, so ten times the rate goes with a tenth of the decay.
        Optimizer = () => new Sgd(momentum: 0.9f, weightDecay: activation == Activation.Sigmoid ? 5e-5f : 5e-4f),
        Epochs = 10,
        Batch = 64,
        // The sigmoid's derivative is at most ¼, so that gradients shrink on their way back and steps must be larger.
        Rate = activation == Activation.Sigmoid ? 0.5f : 0.05f,
    };

    /// <summary>
    /// LeNet-5 as it was in 1998: trainable subsampling, scaled tanh, and a table of which maps the second convolution sees. Twenty epochs as
    /// in the paper, but with one cycle of the learning rate in place of its steps.
    /// </summary>
    public static Recipe Recipe1998 { get; } = new()
    {
        Build = new CnnEngine.Models.LeNet5().Build,
        Optimizer = () => new Sgd(momentum: 0.9f, weightDecay: 1e-4f),
        Epochs = 20,
        Batch = 64,
        Rate = 0.02f,
    };

    private static Sequential Layers(Activation activation, Pooling pooling)
    {
        // Kaiming's variance makes up for the half that ReLU cuts off; sigmoid and tanh cut nothing off.
        Initializer start = activation == Activation.Relu ? Initializer.Kaiming : Initializer.Xavier;
        return new Sequential
        {
            new Conv2d(6, 5, padding: 2) { Initializer = start },   //  1×28×28 →  6×28×28
            Activate(),
            Pool(),                                                 //  6×28×28 →  6×14×14
            new Conv2d(16, 5) { Initializer = start },              //  6×14×14 → 16×10×10
            Activate(),
            Pool(),                                                 // 16×10×10 → 16×5×5
            new Flatten(),                                          // 16×5×5   → 400
            new Linear(120) { Initializer = start },
            Activate(),
            new Linear(84) { Initializer = start },
            Activate(),
            new Linear(LeNet.Recipe.Classes) { Initializer = start },
        };

        Layer Activate() => activation switch
        {
            Activation.Sigmoid => new Sigmoid(),
            Activation.Tanh => new Tanh(),
            _ => new ReLU(),
        };

        Layer Pool() => pooling == Pooling.Mean ? new MeanPool2d(2) : new MaxPool2d(2);
    }
}
