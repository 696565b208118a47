using System.Text.Json.Nodes;
using CnnEngine.Cli.Tests.Interchange;
using CnnEngine.Data;
using CnnEngine.Runs;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Cli.Tests.Runs;

public class TrainingRunTests
{
    [Fact]
    public void A_run_leaves_configuration_metrics_and_checkpoints_that_can_be_read()
    {
        using TemporaryFolder folder = new();
        RunResult result = Train(folder["run"], epochs: 3);
        RunFolder run = new(folder["run"]);
        Assert.Equal([1, 2, 3], run.ReadMetrics().Select(line => line.Epoch));
        Assert.Equal(result.Epochs[^1].Test!.Value.MeanLoss, run.ReadMetrics()[^1].ValidationLoss);
        Assert.Equal(result.Epochs.Max(epoch => epoch.Test!.Value.Accuracy), result.Best!.Test!.Value.Accuracy);

        Evaluation best = Evaluation.Of(folder["run"]);
        Assert.Equal(result.Best.Test!.Value.Correct, best.Result.Correct);
        Assert.Equal(result.Best.Test.Value.MeanLoss, best.Result.MeanLoss, 1e-6);
        ModelManifest manifest = ModelFile.ReadManifest(run.Best);
        Assert.Equal(new Shape(1, 28, 28), manifest.Preprocessing!.Input);
        Assert.Equal(10, manifest.Classes!.Count);
    }

    [Fact]
    public void The_same_configuration_gives_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        Train(folder["first"], epochs: 2);
        RunPlan plan = RunPlan.Make(RunConfig.Read(new RunFolder(folder["first"]).Config));
        using (TrainingRun run = TrainingRun.Start(plan, new RunFolder(folder["again"]))) run.Run();
        AssertSameRun(folder["first"], folder["again"]);
        Assert.Equal(File.ReadAllText(folder["first", "config.json"]), File.ReadAllText(folder["again", "config.json"]));
    }

    [Theory]
    [InlineData("constant", 1, 3)]
    [InlineData("plateau", 2, 4)]
    public void Two_parts_are_the_whole_bit_for_bit(string schedule, int first, int all)
    {
        using TemporaryFolder folder = new();
        string settings = $$"""{ "schedule": { "kind": "{{schedule}}", "rate": 0.05 }, "average": 0.9, "augmentation": { "crop": 2, "flip": true } }""";
        Train(folder["whole"], all, settings);
        Train(folder["parts"], first, settings);
        RunConfig before = RunConfig.Read(folder["parts", "config.json"]);
        using (TrainingRun run = TrainingRun.Resume(new RunFolder(folder["parts"]), all))
        {
            Assert.Equal((first, false, false), (run.Before.Count, run.IsOver, run.IsStretched));
            run.Run();
        }
        AssertSameRun(folder["whole"], folder["parts"]);
        Assert.Equal((before with { Epochs = all }).ToJson().ToJsonString(), RunConfig.Read(folder["parts", "config.json"]).ToJson().ToJsonString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(5, """{ "augmentation": { "mixup": 0.4, "cutmix": 1, "rotation": 10, "elastic": { "alpha": 20, "sigma": 4 }, "cutout": 6, "brightness": 0.2 }, "average": 0.9 }""")]
    [InlineData(9, """{ "augmentation": { "mixup": 0.4, "flip": true }, "optimizer": { "kind": "adamw" }, "schedule": { "kind": "cosine", "rate": 0.001, "warmUp": { "epochs": 1.5 } }, "clip": { "norm": 1 } }""")]
    [InlineData(9, """{ "optimizer": { "kind": "rmsprop", "centered": true, "momentum": 0.5 }, "schedule": { "kind": "plateau", "rate": 0.001, "patience": 1 }, "loss": { "smoothing": 0.1 }, "best": "loss" }""")]
    [InlineData(9, """{ "optimizer": { "kind": "adagrad" }, "data": { "validation": 0.2 }, "earlyStopping": { "patience": 1 } }""")]
    [InlineData(5, """{ "model": { "layers": [{ "kind": "conv", "channels": 4, "size": 3 }, { "kind": "batchNorm" }, { "kind": "relu" }, { "kind": "flatten" }, { "kind": "dropout", "probability": 0.3 }, { "kind": "linear", "features": 10 }] } }""")]
    public void A_run_that_is_stopped_after_any_step_goes_on_as_if_it_had_not_been(int steps, string settings = "{}")
    {
        using TemporaryFolder folder = new();
        Train(folder["whole"], epochs: 2, settings);
        using CancellationTokenSource source = new();
        using (TrainingRun run = TrainingRun.Start(Plan(2, settings), new RunFolder(folder["parts"])))
        {
            int step = 0;
            string said = Assert.Throws<TrainingStoppedException>(
                () => run.Run(new Callback<TrainingProgress>(_ => { if (++step == steps) source.Cancel(); }), null, source.Token)).Message;
            Assert.EndsWith($"cnn resume {folder["parts"]} goes on", said, StringComparison.Ordinal);
        }
        using (TrainingRun run = TrainingRun.Resume(new RunFolder(folder["parts"]))) run.Run();
        AssertSameRun(folder["whole"], folder["parts"]);
    }

    [Fact]
    public void What_is_newer_than_the_checkpoint_or_was_being_written_is_taken_back()
    {
        using TemporaryFolder folder = new();
        Train(folder["whole"], epochs: 3);
        Train(folder["killed"], epochs: 3);
        RunFolder killed = new(folder["killed"]);
        // Killed after the second epoch's line was written, while the third's was, before the checkpoint of either.
        byte[] lines = File.ReadAllBytes(killed.Metrics);
        using (TrainingRun run = TrainingRun.Start(Plan(3), new RunFolder(folder["first"])))
            Assert.Throws<ArithmeticException>(() => run.Run(null, new Callback<EpochResult>(_ => throw new ArithmeticException("stop"))));
        File.Copy(folder["first", "checkpoints", "last.safetensors"], killed.Last, overwrite: true);
        File.WriteAllBytes(killed.Metrics, lines[..^20]);
        File.WriteAllText(folder["killed", "checkpoints", ".unfinished-x.tmp"], "half a checkpoint");
        File.WriteAllText(folder["killed", ".unfinished-y.tmp"], "half a configuration");

        using (TrainingRun run = TrainingRun.Resume(killed)) run.Run();
        AssertSameRun(folder["whole"], folder["killed"]);
        Assert.Empty(Directory.EnumerateFiles(folder["killed"], ".unfinished*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_run_without_a_checkpoint_begins_anew()
    {
        using TemporaryFolder folder = new();
        Train(folder["whole"], epochs: 2);
        TrainingRun.Start(Plan(2), new RunFolder(folder["killed"])).Dispose();
        File.WriteAllText(folder["killed", "metrics.jsonl"], "{\"epoch\":");
        using (TrainingRun run = TrainingRun.Resume(new RunFolder(folder["killed"]))) run.Run();
        AssertSameRun(folder["whole"], folder["killed"]);
    }

    [Fact]
    public void A_finished_run_has_nothing_left_to_do()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 2);
        byte[] before = File.ReadAllBytes(folder["run", "checkpoints", "last.safetensors"]);
        using TrainingRun run = TrainingRun.Resume(new RunFolder(folder["run"]));
        Assert.True(run.IsOver);
        Assert.Equal(2, run.Run().Epochs.Count);
        Assert.Equal(before, File.ReadAllBytes(folder["run", "checkpoints", "last.safetensors"]));
        Assert.Equal(2, run.Folder.ReadMetrics().Count);
    }

    [Fact]
    public void Events_are_written_for_every_epoch_and_a_run_that_goes_on_begins_a_file_of_its_own()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 1);
        using (TrainingRun run = TrainingRun.Resume(new RunFolder(folder["run"]), 2)) run.Run();
        string[] files = [.. Directory.GetFiles(folder["run", "events"]).Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        string[] both = ["loss/train", "loss/validation", "accuracy/validation", "learning rate", "images per second", "filters/conv1", "weights/fc3.weight", "gradients/conv1.bias"];
        string[] texts = Array.ConvertAll(files, file => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file)));
        Assert.All(both, tag => Assert.All(texts, text => Assert.Contains(tag, text, StringComparison.Ordinal)));
        Assert.Contains("images", texts[0].Replace("images per second", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Epochs_are_not_taken_back()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 2);
        Assert.Equal("epochs is 1; 2 are done already", Assert.Throws<ConfigurationException>(() => TrainingRun.Resume(new RunFolder(folder["run"]), 1)).Message);
        Assert.Equal(2, RunConfig.Read(folder["run", "config.json"]).Epochs);
    }

    [Fact]
    public void A_folder_has_one_training_at_a_time()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder["run"]);
        using (TrainingRun.Start(Plan(1), run))
            Assert.Equal($"{run.Path}: another process is training in this folder", Assert.Throws<IOException>(() => TrainingRun.Resume(run)).Message);
        TrainingRun.Resume(run).Dispose();
    }

    [Fact]
    public void A_folder_that_is_in_use_is_refused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["notes.txt"], "mine");
        Assert.Contains("the folder is not empty", Refused(folder.Path), StringComparison.Ordinal);
        Assert.Contains("this is a file", Refused(folder["notes.txt"]), StringComparison.Ordinal);
        TrainingRun.Start(Plan(1), new RunFolder(folder["run"])).Dispose();
        Assert.Contains("cnn resume goes on with it", Refused(folder["run"]), StringComparison.Ordinal);
        // What a process left that was killed before it had written the configuration is no training.
        File.Delete(folder["run", "config.json"]);
        TrainingRun.Start(Plan(1), new RunFolder(folder["run"])).Dispose();

        static string Refused(string path) => Assert.Throws<IOException>(() => TrainingRun.Start(Plan(1), new RunFolder(path))).Message;
    }

    [Fact]
    public void Trainings_that_begin_at_once_have_folders_of_their_own()
    {
        using TemporaryFolder folder = new();
        string[] paths = new string[16];
        Parallel.For(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = paths.Length }, i => paths[i] = RunFolder.MakeNamed(folder.Path, "net", "my data", new DateTime(2026, 1, 2, 3, 4, 5)).Path);
        Assert.Equal(paths.Length, paths.Distinct().Count());
        Assert.Contains(folder["20260102-030405-net-my-data"], paths);
        TrainingRun.Start(Plan(1), new RunFolder(paths[7])).Dispose();
    }

    [Fact]
    public void Other_data_than_before_is_refused()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 1);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["run", "config.json"]))!.AsObject();
        config["data"]!["images"] = 300;
        File.WriteAllText(folder["run", "config.json"], config.ToJsonString());
        Assert.Contains(
            "it was learning from 400 images; synthetic has 300 now",
            Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(new RunFolder(folder["run"]), 2)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed", "2", "the seed was 1; here it is 2")]
    [InlineData("batch", "32", "a minibatch had 64 images; here it has 32")]
    [InlineData("optimizer", """{ "kind": "sgd", "momentum": 0.5 }""", "the optimiser was \"SGD, momentum 0.9, weight decay 0.0005\"; here it is \"SGD, momentum 0.5")]
    public void A_configuration_that_the_checkpoint_does_not_fit_is_refused(string key, string value, string message)
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 1);
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["run", "config.json"]))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["run", "config.json"], config.ToJsonString());
        string said = Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(new RunFolder(folder["run"]), 2)).Message;
        Assert.StartsWith($"{folder["run", "checkpoints", "last.safetensors"]}: {message}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_or_classes_that_have_changed_are_refused()
    {
        using TemporaryFolder folder = new();
        DataConfig digits = DataConfig.Parse(new JsonObject { ["kind"] = "synthetic", ["images"] = 200, ["testImages"] = 50 });
        PictureFolder.Write(digits, folder["digits"]);
        JsonObject settings = new() { ["data"] = DataConfig.SettingsOf(folder["digits"]), ["epochs"] = 1 };
        using (TrainingRun run = TrainingRun.Start(RunPlan.Make(settings, "settings"), new RunFolder(folder["run"]))) run.Run();
        Directory.Move(folder["digits", "train", "9"], folder["digits", "train", "nine"]);
        Directory.Move(folder["digits", "test", "9"], folder["digits", "test", "nine"]);
        Assert.EndsWith("class 9 was \"9\"; in digits it is \"nine\" now", Refused(), StringComparison.Ordinal);
        Directory.Move(folder["digits", "train", "nine"], folder["digits", "train", "9"]);
        Directory.Move(folder["digits", "test", "nine"], folder["digits", "test", "9"]);
        TrainingRun.Resume(new RunFolder(folder["run"]), 2).Dispose();

        string[] some = Directory.GetFiles(folder["digits", "train", "1"]);
        File.Copy(Directory.GetFiles(folder["digits", "train", "0"])[0], some[0], overwrite: true);
        Assert.Contains("the images have changed: they had the mean 0.", Refused(), StringComparison.Ordinal);

        string Refused() => Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(new RunFolder(folder["run"]), 2)).Message;
    }

    [Fact]
    public void A_damaged_checkpoint_is_an_error_that_names_it()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 1);
        string last = folder["run", "checkpoints", "last.safetensors"];
        byte[] bytes = File.ReadAllBytes(last);
        bytes[^1] ^= 1;
        File.WriteAllBytes(last, bytes);
        Assert.StartsWith($"{last}: ", Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(new RunFolder(folder["run"]), 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_that_diverges_keeps_what_was_saved_before()
    {
        using TemporaryFolder folder = new();
        RunPlan plan = Plan(3, """{ "schedule": { "kind": "multi-step", "rate": 0.05, "epochs": [1], "factor": 1e9 } }""");
        using (TrainingRun run = TrainingRun.Start(plan, new RunFolder(folder["run"])))
            Assert.Contains($"cnn doctor {folder["run"]}", Assert.Throws<ArithmeticException>(() => run.Run()).Message, StringComparison.Ordinal);
        using TrainingRun again = TrainingRun.Resume(new RunFolder(folder["run"]));
        Assert.Single(again.Before);
        Assert.Single(again.Folder.ReadMetrics());
        Assert.Throws<ArithmeticException>(() => again.Run());
    }

    // A rate of 5·10⁷ makes weights so large that the outputs of the next step, or the one after, are beyond what a float can hold.
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "augmentation": { "rotation": 10, "mixup": 0.4 }, "average": 0.9 }""")]
    public void Where_a_training_diverged_is_written_down_until_it_goes_on(string settings)
    {
        using TemporaryFolder folder = new();
        RunFolder at = new(folder["run"]);
        JsonObject all = RunConfig.Merge(JsonNode.Parse("""{ "schedule": { "kind": "multi-step", "rate": 0.05, "epochs": [1], "factor": 1e9 } }""")!.AsObject(), JsonNode.Parse(settings)!.AsObject());
        using (TrainingRun run = TrainingRun.Start(Plan(2, all.ToJsonString()), at)) Assert.Throws<ArithmeticException>(() => run.Run());
        Divergence divergence = Divergence.Read(at)!;
        Assert.Equal((2, 5e7f), (divergence.Epoch, divergence.LearningRate));
        Assert.InRange(divergence.Step!.Value, 2, 7);
        Assert.Equal(Analysis.NonFinitePlace.Activation, divergence.Place);
        Assert.Contains(divergence.Layer, Plan(2).Compile().Layers.Select(layer => layer.Name));

        Finding finding = Doctor.Examine(at)[0];
        Assert.Equal((Severity.Problem, $"Training diverged: the output of \"{divergence.Layer}\""), (finding.Severity, finding.Title));
        Assert.StartsWith($"In step {divergence.Step} of epoch 2, at a learning rate of 5E+07, the loss became ", finding.Text, StringComparison.Ordinal);
        Assert.Contains($"The first number that was not finite came up in the output of \"{divergence.Layer}\".", finding.Text, StringComparison.Ordinal);

        using CancellationTokenSource source = new(); // stopped by the first step
        using TrainingRun again = TrainingRun.Resume(at);
        Assert.Throws<TrainingStoppedException>(() => again.Run(new Callback<TrainingProgress>(_ => source.Cancel()), null, source.Token));
        Assert.Null(Divergence.Read(at));
    }

    // One step makes the weights large; the next pass is that of the images to measure by.
    [Fact]
    public void A_loss_of_the_images_to_measure_by_that_is_no_number_is_written_down_too()
    {
        using TemporaryFolder folder = new();
        RunFolder at = new(folder["run"]);
        using (TrainingRun run = TrainingRun.Start(Plan(1, """{ "schedule": { "kind": "constant", "rate": 1e12 }, "data": { "images": 64 } }"""), at))
            Assert.Contains("the validation loss is ", Assert.Throws<ArithmeticException>(() => run.Run()).Message, StringComparison.Ordinal);
        Divergence divergence = Divergence.Read(at)!;
        Assert.Equal((1, null, Analysis.NonFinitePlace.Activation), (divergence.Epoch, divergence.Step, divergence.Place));
        Finding[] findings = [.. Doctor.Examine(at)];
        Assert.StartsWith("After epoch 1, at a learning rate of 1E+12, the loss of the images to measure by was ", findings[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, finding => finding.Title == "The loss is no number");
    }

    [Fact]
    public void Early_stopping_ends_a_run_for_good()
    {
        using TemporaryFolder folder = new();
        // Steps so small that nothing gets better by as much as asked for.
        const string settings = """{ "schedule": { "kind": "constant", "rate": 1e-9 }, "earlyStopping": { "patience": 2, "leastChange": 0.1 } }""";
        RunResult result = Train(folder["run"], 9, settings);
        Assert.Equal((3, true), (result.Epochs.Count, result.IsEarly));
        using TrainingRun run = TrainingRun.Resume(new RunFolder(folder["run"]));
        Assert.True(run.IsOver);
    }

    // Side by side as they are, they would be more than a picture may have.
    [Fact]
    public void Large_images_are_small_among_the_events()
    {
        using TemporaryFolder folder = new();
        Train(folder["run"], epochs: 1, """
            {"data": {"images": 32, "testImages": 4, "size": [1500, 1450]}, "batch": 8,
             "model": {"layers": [{"kind": "conv", "channels": 2, "size": 5, "stride": 50}, {"kind": "flatten"}, {"kind": "linear", "features": 10}]}}
            """);
        IReadOnlyList<WireField> picture = EventFileReader.Read(Assert.Single(Directory.GetFiles(folder["run", "events"])))
            .SelectMany(one => one).Where(field => field.Number == 5).Select(field => field.Message.Field(1).Message).First(value => value.Field(1).Text == "images").Field(4).Message;
        Assert.Equal([(4 * 257) - 1, (8 * 248) - 1, 1], Enumerable.Range(1, 3).Select(number => (int)picture.Field(number).Value));
    }

    internal static RunPlan Plan(int epochs, string settings = "{}")
    {
        JsonObject below = new()
        {
            ["data"] = new JsonObject { ["kind"] = "synthetic", ["images"] = 400, ["testImages"] = 100 },
            ["epochs"] = epochs,
            ["threads"] = 2,
        };
        return RunPlan.Make(RunConfig.Merge(below, JsonNode.Parse(settings)!.AsObject()), "settings");
    }

    /// <summary>Checks that two runs ended with the same bits, and the same metrics and curves but for times.</summary>
    internal static void AssertSameRun(string expected, string actual)
    {
        foreach (string name in (string[])["last.safetensors", "best.safetensors"])
        {
            (SortedDictionary<string, float[]> one, SortedDictionary<string, float[]> other) = (Tensors(expected, name), Tensors(actual, name));
            Assert.Equal(one.Keys, other.Keys);
            foreach ((string key, float[] numbers) in one)
                Assert.True(numbers.AsSpan().SequenceEqual(other[key]), $"{name}: {key} differs");
        }
        Assert.Equal(Lines(expected), Lines(actual));
        Assert.NotEmpty(Curves(expected));
        Assert.Equal(Curves(expected), Curves(actual));

        static IEnumerable<((string, ulong) Place, float)> Curves(string path) => EventFileReader.Curves(Path.Combine(path, "events"))
            .Where(point => point.Key.Tag != "images per second").Select(point => (point.Key, point.Value));

        static IEnumerable<MetricsLine> Lines(string path) => new RunFolder(path).ReadMetrics().Select(line => line with { Seconds = 0, ImagesPerSecond = 0 });

        static SortedDictionary<string, float[]> Tensors(string path, string name)
        {
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(path, "checkpoints", name));
            SortedDictionary<string, float[]> tensors = new(StringComparer.Ordinal);
            foreach (SafetensorsEntry entry in file.Entries)
            {
                Tensor tensor = Tensor.Zeros(entry.Shape);
                file.ReadInto(entry.Name, tensor);
                tensors.Add(entry.Name, tensor.Span.ToArray());
            }
            return tensors;
        }
    }

    private static RunResult Train(string path, int epochs, string settings = "{}")
    {
        using TrainingRun run = TrainingRun.Start(Plan(epochs, settings), new RunFolder(path));
        return run.Run();
    }
}

/// <summary>Calls a method at once.</summary>
internal sealed class Callback<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
