using CnnEngine;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Training;

namespace LeNet;

/// <summary>
/// Trains a network like the one that is wanted for a step on black images. That takes the runtime longer to compile than to run: done
/// while the data is read, it leaves the first step of the real training a step like any other.
/// </summary>
internal static class WarmUp
{
    private const int MostImages = 64;

    // Most data is of this shape; for other data some kernels' sizes differ, which costs no more than without.
    private static readonly Shape Image = new(1, 28, 28);

    public static void Run(Options options)
    {
        int images = Math.Min(options.Batch, MostImages);
        TensorDataset black = new("black", Tensor.Zeros(Image.Prepend(images)), new int[images], LeNet5.Classes);
        Network network = options.Recipe.Layers().Compile(Image, new NetworkOptions { BatchSize = images });
        new Trainer(network, options.Recipe.Optimizer(), options.Recipe.Loss).Fit(black, black, new TrainerOptions { Epochs = 1 });
    }
}
