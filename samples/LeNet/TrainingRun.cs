using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;
using LeNet.Reports;
using Spectre.Console;

namespace LeNet;

/// <summary>The program from its options to its exit code: find data, build, train, save, report.</summary>
internal sealed class TrainingRun(Options options, IAnsiConsole console, CancellationToken cancellation)
{
    /// <summary>Does everything that was asked for.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled before training began, or after it was over.</exception>
    public async Task<int> RunAsync()
    {
        Threads.Count = options.Threads;
        if (options.Summary)
        {
            console.Write(new Text($"{NetworkSummary.Of(options.Recipe.Build(), Recipe.Image, new NetworkOptions { BatchSize = options.Batch })}"));
            return ExitCode.Success;
        }
        // What cannot be read or written is found out now, not after the training.
        if (options.Load is not null) PathCheck.RequireFile("--load", options.Load);
        if (options.Save is not null) PathCheck.RequireReplaceable("--save", options.Save);
        using MetricsFile? metrics = options.Metrics is null ? null : new MetricsFile(options.Metrics, options.Seed, options.Threads);

        Task warmUp = options.Epochs > 0 ? Task.Run(options.Recipe.WarmUp) : Task.CompletedTask;
        LocatedData located = await DownloadReport.RunAsync(console, options.Download && !options.Quiet, progress =>
            new DataLocator().LocateAsync(options.Data, options.Download, progress, cancellation));
        Network network = Compile(located.Sets.Train);
        (ByteImages train, ByteImages test) = options.Load is null ? located.Sets : WeightsFile.Load(options.Load, network, located.Sets);

        Schedule schedule = Recipe.Schedule(options.Rate);
        Optimizer optimizer = options.Recipe.Optimizer();
        if (!options.Quiet)
        {
            Opening.Write(console, located, options, schedule, optimizer);
            Opening.WriteModel(console, network);
        }
        metrics?.Clear();
        if (options.Epochs > 0)
        {
            await warmUp;
            bool isWhole = Train(network, train, test, schedule, optimizer, metrics);
            Save(network, train);
            if (!isWhole) return ExitCode.Interrupted;
        }
        Report(network, train, TestResult.Measure(network, test, options.Recipe.Loss, cancellation), test);
        return ExitCode.Success;
    }

    private Network Compile(ByteImages data)
    {
        try
        {
            return options.Recipe.Build().Compile(data.ImageShape, new NetworkOptions
            {
                BatchSize = options.Batch,
                Seed = options.Seed,
                Training = options.Epochs > 0 || options.Profile,
            });
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{data.Name}: images of {data.ImageShape} do not fit the network: {error.Message}", error);
        }
    }

    /// <summary>Trains; false if it was stopped before the end.</summary>
    private bool Train(Network network, ByteImages train, ByteImages test, Schedule schedule, Optimizer optimizer, MetricsFile? metrics)
    {
        Trainer trainer = new(network, optimizer, options.Recipe.Loss);
        TrainerOptions training = new() { Epochs = options.Epochs, Seed = options.Seed, Schedule = schedule };
        return EpochLoop.Run(console, options.Quiet, trainer, train, test, training, options.Rate, metrics, cancellation);
    }

    private void Save(Network network, ByteImages data)
    {
        if (options.Save is null) return;
        WeightsFile.Save(options.Save, network, data);
        if (!options.Quiet) console.WriteLine($"weights saved to {options.Save}");
    }

    private void Report(Network network, ByteImages train, TestResult result, ByteImages test)
    {
        BatchResult total = result.Total;
        if (!options.Quiet)
        {
            string[] names = [.. test.ClassNames!];
            console.WriteLine();
            ConfusionTable.Write(console, result.Confusion, names);
            MistakeRow.Write(console, result, test, names);
            console.WriteLine();
        }
        if (options.Profile) ProfileTable.Write(console, network, train);
        console.WriteLine(
            $"{test.Name}: test accuracy {total.Accuracy:0.00 %} ({total.Correct:N0} of {total.Images:N0}), test loss {total.MeanLoss:0.0000}");
    }
}
