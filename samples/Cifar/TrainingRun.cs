using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;
using Spectre.Console;

namespace Cifar;

/// <summary>The program from its options to its exit code: find data, build, train, save, report.</summary>
internal sealed class TrainingRun(Options options, IAnsiConsole console, CancellationToken cancellation)
{
    private static readonly CrossEntropy Loss = new();

    /// <summary>Does everything that was asked for.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled before training began, or after it was over.</exception>
    public int Run()
    {
        Threads.Count = options.Threads;
        NetworkOptions compile = new() { BatchSize = options.Batch, Seed = options.Seed, Training = options.Epochs > 0 };
        if (options.Summary)
        {
            console.Write(new Text($"{NetworkSummary.Of(Recipe.Model.Build(), Recipe.Model.Input, compile)}"));
            return ExitCode.Success;
        }
        // What cannot be read or written is found out now, not after the training.
        if (options.Load is not null) PathCheck.RequireFile("--load", options.Load);
        if (options.Save is not null) PathCheck.RequireReplaceable("--save", options.Save);
        using MetricsFile? metrics = options.Metrics is null ? null : new MetricsFile(options.Metrics, options.Seed, options.Threads);

        Data data = Data.Find(options.Data);
        Network network = Recipe.Model.Compile(compile);
        if (options.Load is not null) data = data with { Sets = WeightsFile.Load(options.Load, network, data.Sets) };
        if (!options.Quiet) WriteOpening(network, data);
        metrics?.Clear();
        if (options.Epochs > 0)
        {
            bool isWhole = Train(network, data, metrics);
            if (options.Save is not null)
            {
                WeightsFile.Save(options.Save, network, data.Sets.Train);
                if (!options.Quiet) console.WriteLine($"weights saved to {options.Save}");
            }
            if (!isWhole) return ExitCode.Interrupted;
        }
        Report(network, data);
        return ExitCode.Success;
    }

    private void WriteOpening(Network network, Data data)
    {
        (ByteImages train, ByteImages test) = data.Sets;
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Add("data", $"{train.Name}, {train.Count:N0} + {test.Count:N0} images of 32×32: {data.Origin}");
        if (options.Load is not null) Add("weights", options.Load);
        Add("network", $"{Recipe.Model.Name}, {network.Layers.Sum(layer => layer.ParameterCount):N0} parameters, {network.Layers.Sum(layer => layer.MultiplyAdds):N0} multiply-adds an image; --summary shows its layers");
        if (options.Epochs > 0)
        {
            Add("recipe", $"{Count(options.Epochs, "epoch")}, batch {options.Batch}, {Recipe.Schedule(options.Rate, options.Epochs)}, {Recipe.Optimizer()}, moved by up to {Recipe.Border} pixels, mirrored");
            Add("seed", $"{options.Seed}");
        }
        Add("machine", $"{Count(options.Threads, "thread")}, {Simd.Lanes * 32}-bit vectors");
        console.Write(grid);
        console.WriteLine();

        static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

        void Add(string name, string text) => grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(text));
    }

    /// <summary>Trains; false if it was stopped before the end.</summary>
    private bool Train(Network network, Data data, MetricsFile? metrics)
    {
        Trainer trainer = new(network, Recipe.Optimizer(), Loss);
        TrainerOptions training = new() { Epochs = options.Epochs, Seed = options.Seed, Schedule = Recipe.Schedule(options.Rate, options.Epochs) };
        CropAndFlip train = new(data.Sets.Train, Recipe.Border, options.Seed);
        return EpochLoop.Run(console, options.Quiet, trainer, train, data.Sets.Test, training, options.Rate, metrics, cancellation);
    }

    private void Report(Network network, Data data)
    {
        ByteImages test = data.Sets.Test;
        int[,] confusion = new int[test.Classes, test.Classes];
        BatchResult total = new Trainer(network, Recipe.Optimizer(), Loss).Evaluate(test, confusion, cancellation);
        if (!options.Quiet)
        {
            console.WriteLine();
            ConfusionTable.Write(console, confusion, [.. test.ClassNames!]);
            console.WriteLine();
        }
        console.WriteLine(
            $"{test.Name}: test accuracy {total.Accuracy:0.00 %} ({total.Correct:N0} of {total.Images:N0}), test loss {total.MeanLoss:0.0000}");
    }
}
