using System.Runtime.Intrinsics;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;

namespace CnnEngine.Tests;

/// <summary>The README's program is the one below, and it runs.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_program_in_the_README_is_this_one()
    {
        string here = Between(Repository.Read("tests/Engine.Tests/ReadmeTests.cs"), "// <readme>\n", "// </readme>");
        string readme = Between(Repository.Read("README.md"), "```csharp\n", "```");
        Assert.Equal(Lines(readme), Lines(here));
    }

    [Fact]
    public void The_program_in_the_README_learns()
    {
        // An epoch without vector instructions takes minutes.
        if (!Vector128.IsHardwareAccelerated) return;
        string folder = Directory.CreateTempSubdirectory().FullName;
        string back = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = folder;
            Network network = Program();
            Assert.True(File.Exists("lenet.safetensors"));
            TrainTest data = SyntheticDigits.Generate(train: 1, test: 1000);
            Assert.InRange(new Trainer(network, new Sgd(), new CrossEntropy()).Evaluate(data.Test).Accuracy, 0.97, 1);
        }
        finally
        {
            Environment.CurrentDirectory = back;
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Network Program()
    {
        // <readme>
        TrainTest data = SyntheticDigits.Generate();        // or Mnist.Load("folder")
        Sequential model = new()
        {
            new Conv2d(6, 5, padding: 2),                   //  1×28×28 →  6×28×28
            new ReLU(),
            new MaxPool2d(2),                               //  6×28×28 →  6×14×14
            new Conv2d(16, 5),                              //  6×14×14 → 16×10×10
            new ReLU(),
            new MaxPool2d(2),                               // 16×10×10 → 16×5×5
            new Flatten(),
            new Linear(120),
            new ReLU(),
            new Linear(84),
            new ReLU(),
            new Linear(10),
        };
        Network network = model.Compile(data.Train.ImageShape, new NetworkOptions { BatchSize = 64 });
        Trainer trainer = new(network, new Sgd(momentum: 0.9f, weightDecay: 5e-4f), new CrossEntropy());
        trainer.Fit(data.Train, data.Test, new TrainerOptions { Epochs = 1, Schedule = new OneCycle(0.05f) });
        network.Save("lenet.safetensors");
        // </readme>
        return network;
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    private static string Between(string text, string start, string end)
    {
        int first = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[first..text.IndexOf(end, first, StringComparison.Ordinal)];
    }
}
