using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Runs;
using CnnEngine.Serialization;
using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests.Cli;

/// <summary>What every command makes of a small run, and of what cannot be.</summary>
public class CommandsTests(CommandsTests.SmallRun small) : IClassFixture<CommandsTests.SmallRun>
{
    private string Run => small.Folder["run"];

    private string Digits => small.Folder["digits"];

    [Fact]
    public void Predict_tells_the_likeliest_classes_of_pictures_and_folders()
    {
        string picture = Directory.GetFiles(small.Folder["digits", "test", "4"])[0];
        string[] words = Assert.Single(CliProcess.Run("predict", Run, picture).AssertSuccess().OutputLines).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((picture, "4", 1 + (5 * 3)), (words[0], words[1], words.Length)); // name, share, % of five classes

        JsonNode one = JsonNode.Parse(CliProcess.Run("predict", Run, picture, "--top", "2", "--json").AssertSuccess().Output)!;
        JsonArray classes = one["classes"]!.AsArray();
        Assert.Equal((picture, 2, 4, "4"), ((string)one["file"]!, classes.Count, (int)classes[0]!["class"]!, (string)classes[0]!["name"]!));
        Assert.InRange((double)classes[0]!["confidence"]!, (double)classes[1]!["confidence"]!, 1);

        string[] all = CliProcess.Run("predict", Run, small.Folder["digits", "test"]).AssertSuccess().OutputLines;
        Assert.Equal(100, all.Length);
        int right = all.Count(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var path, var guess, ..] && Path.GetFileName(Path.GetDirectoryName(path)) == guess);
        Assert.Equal((int)Math.Round(100 * Accuracy()), right);
    }

    [Fact]
    public void Predict_refuses_or_skips_what_is_no_picture()
    {
        using TemporaryFolder folder = new();
        File.Copy(Directory.GetFiles(small.Folder["digits", "test", "1"])[0], folder["b.png"]);
        File.WriteAllText(folder["a.png"], "no picture");
        CliProcess.Run("predict", Run, folder.Path).AssertRefused(1, folder["a.png"]);
        ProgramResult skipped = CliProcess.Run("predict", Run, folder.Path, "--on-bad-image", "skip");
        Assert.Equal(0, skipped.ExitCode);
        Assert.StartsWith($"skipped: {folder["a.png"]}: ", skipped.Error, StringComparison.Ordinal);
        Assert.StartsWith($"{folder["b.png"]}  ", Assert.Single(skipped.OutputLines), StringComparison.Ordinal);
        CliProcess.Run("predict", Digits, folder["b.png"]).AssertRefused(1, "this is no run's folder");
    }

    [Fact]
    public void Export_writes_a_model_and_never_over_the_one_it_reads()
    {
        using TemporaryFolder folder = new();
        JsonNode done = JsonNode.Parse(CliProcess.Run("export", Run, "--onnx", folder["model.onnx"], "--fold", "--softmax", "--pixels", "255", "--json").AssertSuccess().Output)!;
        Assert.Equal((folder["model.onnx"], "[1,28,28]", "[10]"), ((string)done["onnx"]!, done["input"]!.ToJsonString(), done["output"]!.ToJsonString()));
        Assert.Equal(new FileInfo(folder["model.onnx"]).Length, (long)done["bytes"]!);

        string best = new RunFolder(Run).Best;
        byte[] before = File.ReadAllBytes(best);
        CliProcess.Run("export", Run, "--onnx", best).AssertRefused(2, "the model that is read");
        CliProcess.Run("export", best, "--onnx", Path.GetRelativePath(Environment.CurrentDirectory, best)).AssertRefused(2, "the model that is read");
        Assert.Equal(before, File.ReadAllBytes(best));
        CliProcess.Run("export", Run).AssertRefused(2, "--onnx", "cnn export --help");
        CliProcess.Run("export", Run, "--onnx", folder["no", "model.onnx"]).AssertRefused(1, "does not exist");
    }

    [Fact]
    public void Report_is_written_where_it_is_asked_for_and_never_over_the_run()
    {
        using TemporaryFolder folder = new();
        Assert.Equal($"{folder["r.html"]}\n", CliProcess.Run("report", Run, "--out", folder["r.html"]).AssertSuccess().Output);
        Assert.StartsWith("<!doctype html>", File.ReadAllText(folder["r.html"]), StringComparison.OrdinalIgnoreCase);
        foreach (string file in new RunFolder(Run).Kept) CliProcess.Run("report", Run, "--out", file).AssertRefused(2, "a file that the run goes on from");
        JsonNode json = JsonNode.Parse(CliProcess.Run("report", Run, "--out", folder["r.html"], "--json").AssertSuccess().Output)!;
        Assert.Equal((Run, folder["r.html"]), ((string)json["run"]!, (string)json["report"]!));
    }

    [Fact]
    public void Doctor_names_where_a_training_diverged()
    {
        using TemporaryFolder folder = new();
        CliProcess.Run("train", "--data", Digits, "--epochs", "1", "--lr", "1e6", "--run", folder["run"], "--quiet").AssertRefused(1, "training has diverged", $"cnn doctor {folder["run"]}");
        Divergence divergence = Divergence.Read(new RunFolder(folder["run"]))!;
        Assert.Contains(
            $"problem: Training diverged: the output of \"{divergence.Layer}\"\n  In step {divergence.Step} of epoch 1, ",
            CliProcess.Run("doctor", folder["run"]).AssertSuccess().Output, StringComparison.Ordinal);
        JsonNode first = JsonNode.Parse(CliProcess.Run("doctor", folder["run"], "--json").AssertSuccess().OutputLines[0])!;
        Assert.Equal(("problem", $"Training diverged: the output of \"{divergence.Layer}\""), ((string)first["severity"]!, (string)first["title"]!));

        // Without the pictures, too.
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["run", "config.json"]))!.AsObject();
        config["data"]!["path"] = folder["gone"];
        File.WriteAllText(folder["run", "config.json"], config.ToJsonString());
        string[] titles = [.. CliProcess.Run("doctor", folder["run"], "--json").AssertSuccess().OutputLines.Select(line => (string)JsonNode.Parse(line)!["title"]!)];
        Assert.Equal(["The data cannot be opened", $"Training diverged: the output of \"{divergence.Layer}\""], titles);
    }

    [Fact]
    public void Summary_takes_names_runs_model_files_and_lists_of_layers()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["layers.json"], """{ "layers": [{ "kind": "conv", "channels": 4, "size": 3 }, { "kind": "flatten" }, { "kind": "linear", "features": 10 }] }""");
        // 4·(3·3 + 1) and 10·(4·26·26 + 1)
        Assert.Equal(40 + 27_050, Parameters(folder["layers.json"], "--input", "1,28,28"));
        Assert.Equal(61_706, Parameters(Run));
        Assert.Equal(61_706, Parameters(new RunFolder(Run).Last));
        Assert.Equal(61_706, Parameters("lenet5"));
        CliProcess.Run("summary", folder["layers.json"]).AssertRefused(2, folder["layers.json"], "--input C,H,W");
        CliProcess.Run("summary", "lenet5", "--input", "3,65536,65536").AssertRefused(2, "--input is '3,65536,65536'");
        CliProcess.Run("summary", "vgg16", "--input", "3,8,8").AssertRefused(2, "vgg16: MaxPool2d \"pool4\"");
        Assert.Contains("| layer", CliProcess.Run("summary", "lenet5", "--markdown").AssertSuccess().Output, StringComparison.Ordinal);

        static int Parameters(params string[] args) =>
            JsonNode.Parse(Assert.Single(CliProcess.Run(["summary", .. args, "--json"]).AssertSuccess().OutputLines))!["layers"]!.AsArray().Sum(layer => (int)layer!["parameters"]!);
    }

    [Fact]
    public void Bench_measures_a_run_and_says_what_is_too_large()
    {
        JsonNode json = JsonNode.Parse(Assert.Single(CliProcess.Run("bench", Run, "--seconds", "0.01", "--batch", "16", "--json").AssertSuccess().OutputLines))!;
        Assert.Equal((Run, 16), ((string)json["model"]!, (int)json["batch"]!));
        foreach (string rate in (string[])["trainingImagesPerSecond", "predictionImagesPerSecond", "latencySeconds", "peakGflops"]) Assert.True((double)json[rate]! > 0, rate);
        Assert.Equal(["conv1", "relu1", "pool1"], json["layers"]!.AsArray().Take(3).Select(layer => (string)layer!["name"]!));
        CliProcess.Run("bench", "vgg16", "--batch", "65536", "--quiet").AssertRefused(2, "choose a smaller batch");
    }

    [Fact]
    public void Completion_lists_commands_options_and_values()
    {
        Assert.Contains("complete -o default -F _cnn cnn", CliProcess.Run("completion", "bash").AssertSuccess().Output, StringComparison.Ordinal);
        CliProcess.Run("completion", "tcsh").AssertRefused(2, "SHELL is 'tcsh'; it must be one of bash, zsh, fish, pwsh");
        Assert.Contains("train", Suggest("cnn tr"));
        Assert.Contains("--epochs", Suggest("cnn train --ep"));
        Assert.Contains("resnet18", Suggest("cnn train --model resnet1"));

        static string[] Suggest(string line) => CliProcess.Run($"[suggest:{line.Length}]", line).AssertSuccess().OutputLines;
    }

    [Fact]
    public void Unpack_refuses_folders_in_use_and_pictures()
    {
        CliProcess.Run("unpack", "synthetic", Digits).AssertRefused(1, "the folder is not empty");
        CliProcess.Run("unpack", Digits, small.Folder["more"]).AssertRefused(2, "these are picture files already");
        CliProcess.Run("unpack", "mnist", small.Folder["more"]).AssertRefused(1, "data mnist: it is not on this machine; --download fetches it; or put its four files into ", "MNIST_DIR");
        CliProcess.Run("unpack", "cifar10", small.Folder["more"]).AssertRefused(1, "data cifar10: it is not on this machine", "CIFAR_DIR");
        CliProcess.Run("unpack", "synthetic", small.Folder["more"], "--download").AssertRefused(2, "--data must be mnist");
        Assert.False(Directory.Exists(small.Folder["more"]));

        // A folder of the user's that is called as the one to write in is left in peace.
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(small.Folder["mine.unfinished"]).FullName, "note.txt"), "mine");
        CliProcess.Run("unpack", "synthetic", small.Folder["mine"], "--images", "10", "--test-images", "10").AssertRefused(1, small.Folder["mine.unfinished"], "it must be removed");
        Assert.True(File.Exists(small.Folder["mine.unfinished", "note.txt"]));
    }

    [Fact]
    public void Import_says_what_a_file_is_not()
    {
        CliProcess.Run("import", new RunFolder(Run).Best, "--model", "resnet18", "--out", small.Folder["r.safetensors"]).AssertRefused(1, new RunFolder(Run).Best);
        CliProcess.Run("import", new RunFolder(Run).Best, "--model", "lenet5").AssertRefused(2, "--model is 'lenet5'; it must be one of alexnet,");
        CliProcess.Run("import", small.Folder["none"], "--model", "resnet18").AssertRefused(1, "there is no such file");
        Assert.False(File.Exists(small.Folder["r.safetensors"]));
    }

    [Fact]
    public void Headers_that_lie_are_one_line()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = File.ReadAllBytes(new RunFolder(Run).Best);
        BitConverter.TryWriteBytes(bytes, long.MaxValue);
        File.WriteAllBytes(folder["lie.safetensors"], bytes);
        foreach (string[] command in (string[][])[["predict", folder["lie.safetensors"], Digits], ["eval", folder["lie.safetensors"], "--data", Digits], ["summary", folder["lie.safetensors"]]])
            CliProcess.Run(command).AssertRefused(1, folder["lie.safetensors"], "the header's length is 9223372036854775807");
    }

    [Fact]
    public void Eval_takes_a_runs_own_pictures_or_others_of_its_classes()
    {
        Assert.Equal(Accuracy(), (double)JsonNode.Parse(CliProcess.Run("eval", new RunFolder(Run).Best, "--data", Digits, "--json").AssertSuccess().Output)!["accuracy"]!);
        CliProcess.Run("eval", new RunFolder(Run).Best).AssertRefused(2, "--data is missing");
        CliProcess.Run("eval", Run, "--data", "shapes").AssertRefused(1, "shapes: its classes are");
        CliProcess.Run("eval", Run, "--on-bad-image", "skip").AssertRefused(2, "--on-bad-image is 'skip', but goes with --data");
    }

    [Fact]
    public void A_run_that_is_over_says_so()
    {
        string output = CliProcess.Run("resume", Run, "--no-report").AssertSuccess().Output;
        Assert.Contains("over after 6 epochs; --epochs adds more", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_that_are_not_known_are_one_line_that_says_where_to_look()
    {
        CliProcess.Run("trian").AssertRefused(2, "'trian'", "cnn --help shows what there is");
        CliProcess.Run("predict").AssertRefused(2, "cnn predict --help shows what there is");
    }

    private double Accuracy() => (double)JsonNode.Parse(CliProcess.Run("eval", Run, "--json").AssertSuccess().Output)!["accuracy"]!;

    /// <summary>A folder of pictures and a training on it.</summary>
    public sealed class SmallRun : IDisposable
    {
        public SmallRun()
        {
            CliProcess.Run("unpack", "synthetic", Folder["digits"], "--images", "1000", "--test-images", "100", "--quiet").AssertSuccess();
            CliProcess.Run("train", "--data", Folder["digits"], "--epochs", "6", "--run", Folder["run"], "--quiet", "--no-report").AssertSuccess();
        }

        internal TemporaryFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }
}
