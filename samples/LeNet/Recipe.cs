using CnnEngine;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;

namespace LeNet;

/// <summary>A network and how it is trained, unless options say otherwise.</summary>
internal sealed record Recipe
{
    /// <summary>Classes to tell apart.</summary>
    public const int Classes = 10;

    private const int WarmUpImages = 64;

    /// <summary>The images' shape.</summary>
    public static Shape Image { get; } = new(1, 28, 28);

    /// <summary>The network, not yet compiled: 28×28 pixels in, ten logits out.</summary>
    public required Func<Graph> Build { get; init; }

    /// <summary>How parameters are updated; a new one for each training, because it remembers.</summary>
    public required Func<Optimizer> Optimizer { get; init; }

    /// <summary>What training makes small.</summary>
    public CrossEntropy Loss { get; init; } = new();

    /// <summary>How often every image is seen.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images of one step.</summary>
    public required int Batch { get; init; }

    /// <summary>The highest learning rate of the cycle.</summary>
    public required float Rate { get; init; }

    /// <summary>The learning rate from step to step.</summary>
    public static Schedule Schedule(float rate) => new OneCycle(rate);

    /// <summary>
    /// Trains a network of its own for a step on black images of MNIST's size. That takes the runtime 0.2 s to compile and no time to
    /// run: done while the data is read, it leaves the first step of the real training a step like any other.
    /// </summary>
    public void WarmUp()
    {
        TensorDataset black = new("black", Tensor.Zeros(Image.Prepend(WarmUpImages)), new int[WarmUpImages], Classes);
        Network network = Build().Compile(black.ImageShape, new NetworkOptions { BatchSize = WarmUpImages });
        new Trainer(network, Optimizer(), Loss).Fit(black, black, new TrainerOptions { Epochs = 1 });
    }
}
