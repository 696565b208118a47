using System.Text.Json.Nodes;
using CnnEngine.Cli.Tests.Runs;
using CnnEngine.Runs;
using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests.Cli;

public class TrainCommandTests
{
    private static readonly string[] Small = ["train", "--data", "synthetic", "--images", "300", "--test-images", "100", "--no-report"];

    [Fact]
    [Trait("Category", "Slow")]
    public void A_run_can_be_trained_repeated_continued_and_measured()
    {
        using TemporaryFolder folder = new();
        ProgramResult train = CliProcess.Run([.. Small, "--epochs", "2", "--run", folder["first"], "--schedule", "constant", "--lr", "0.02", "--digits", "6"]).AssertSuccess();
        Assert.Contains("lenet5, 61,706 parameters", train.Output, StringComparison.Ordinal);
        Assert.Contains("SGD, momentum 0.9, weight decay 0.0005, constant 0.02", train.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n +2/2 +\d\.\d{6} +\d+\.\d{4} % +\d\.\d{6} +\d+\.\d{4} % +0\.02 ", train.Output);
        Assert.Equal($"model: {folder["first", "checkpoints", "best.safetensors"]}", train.OutputLines[^1]);

        string[] json = CliProcess.Run("train", "--config", folder["first", "config.json"], "--run", folder["again"], "--json").AssertSuccess().OutputLines;
        TrainingRunTests.AssertSameRun(folder["first"], folder["again"]);
        Assert.Equal([1, 2], json[..^1].Select(line => (int)JsonNode.Parse(line)!["epoch"]!));
        JsonNode end = JsonNode.Parse(json[^1])!;
        Assert.Equal((2, "lenet5", folder["again"]), ((int)end["epochs"]!, (string)end["model"]!, (string)end["run"]!));

        Assert.Equal(folder["again", "report.html"], (string)end["report"]!);
        Assert.StartsWith("<!doctype html>", File.ReadAllText(folder["again", "report.html"]), StringComparison.OrdinalIgnoreCase);

        string quiet = Assert.Single(CliProcess.Run("resume", folder["again"], "--epochs", "3", "--quiet", "--no-report").AssertSuccess().OutputLines);
        Assert.Matches(@"^synthetic: best epoch \d of 3, validation accuracy ", quiet);
        Assert.Equal(3, new RunFolder(folder["again"]).ReadMetrics().Count);

        JsonNode eval = JsonNode.Parse(CliProcess.Run("eval", folder["again"], "--json").AssertSuccess().Output)!;
        Assert.Equal(100, (int)eval["images"]!);
        Assert.Equal(100, eval["confusion"]!.AsArray().Sum(row => row!.AsArray().Sum(count => (int)count!)));
        Assert.Equal("9", (string)eval["classes"]![9]!["name"]!);
    }

    [Fact]
    public void A_run_that_is_interrupted_is_saved_and_says_how_to_go_on()
    {
        using TemporaryFolder folder = new();
        using CliProcess process = new([.. Small, "--epochs", "100000", "--run", folder["run"]]);
        process.WaitForLine(folder["run", "metrics.jsonl"]);
        CliProcess.Run("resume", folder["run"]).AssertRefused(1, "another process is training in this folder");
        process.Signal("TERM");
        ProgramResult result = process.WaitForEnd();
        Assert.Equal(130, result.ExitCode);
        Assert.Matches(@"^stopped in epoch \d+ of 100000 after step \d of 5; cnn resume .* goes on\n$", result.Error);
        using TrainingRun run = TrainingRun.Resume(new RunFolder(folder["run"]));
        Assert.NotEmpty(run.Before);
    }

    [Fact]
    public void A_training_that_diverges_is_one_line_that_names_the_doctor()
    {
        using TemporaryFolder folder = new();
        CliProcess.Run([.. Small, "--epochs", "2", "--lr", "1000", "--run", folder["run"], "--quiet"]).AssertRefused(1, "training has diverged", $"cnn doctor {folder["run"]}");
        Assert.True(RunFolder.IsRun(folder["run"]));
    }

    [Fact]
    public void A_run_has_a_folder_of_its_own_where_no_other_was_asked_for()
    {
        using TemporaryFolder folder = new();
        using CliProcess process = new([.. Small, "--epochs", "1", "--quiet"], folder.Path);
        process.WaitForEnd().AssertSuccess();
        Assert.Matches(@"[/\\]runs[/\\]\d{8}-\d{6}-lenet5-synthetic$", Assert.Single(Directory.GetDirectories(folder["runs"])));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_full_disk_is_one_line_and_what_was_saved_stays_whole()
    {
        using TemporaryFolder folder = new();
        using SmallDisk disk = new(folder["disk"], megabytes: 4);
        if (!disk.IsMounted) return; // a disk of its own takes the rights of root
        string run = Path.Combine(disk.Path, "run");
        CliProcess.Run([.. Small, "--schedule", "constant", "--epochs", "2", "--run", run, "--quiet"]).AssertSuccess();
        string filler = disk.Fill();
        CliProcess.Run("resume", run, "--epochs", "4", "--quiet", "--no-report").AssertRefused(1, "No space left on device");
        File.Delete(filler);
        CliProcess.Run("resume", run, "--epochs", "4", "--quiet", "--no-report").AssertSuccess();
        CliProcess.Run([.. Small, "--schedule", "constant", "--epochs", "4", "--run", folder["whole"], "--quiet"]).AssertSuccess();
        TrainingRunTests.AssertSameRun(folder["whole"], run);
    }

    // A file may be no larger than the user's limit; where the system's signal is ignored, writing fails by an error of its own.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(300, "last.safetensors: the file cannot be written: it is larger than a file may be here")]
    [InlineData(520, "the metrics or events cannot be written: a file is larger than it may be here")]
    public void A_file_that_is_larger_than_the_limit_is_one_line_and_what_was_saved_goes_on(int kilobytes, string message)
    {
        if (!OperatingSystem.IsLinux()) return; // the shell's limit counts in other units elsewhere
        using TemporaryFolder folder = new();
        string run = folder["run"];
        CliProcess.Limited(kilobytes, [.. Small, "--schedule", "constant", "--epochs", "60", "--run", run, "--quiet"]).AssertRefused(1, message);
        CliProcess.Run("resume", run, "--epochs", "60", "--quiet", "--no-report").AssertSuccess();
        Assert.Equal(60, new RunFolder(run).ReadMetrics().Count);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_disk_that_is_read_only_is_one_line()
    {
        using TemporaryFolder folder = new();
        using SmallDisk disk = new(folder["disk"], megabytes: 4);
        if (!disk.IsMounted) return; // a disk of its own takes the rights of root
        string run = Path.Combine(disk.Path, "run");
        CliProcess.Run([.. Small, "--epochs", "1", "--run", run, "--quiet"]).AssertSuccess();
        disk.Protect();
        CliProcess.Run("resume", run, "--epochs", "2").AssertRefused(1, $"{run}: the folder cannot be written to: Read-only file system");
        CliProcess.Run("report", run).AssertRefused(1, "no file can be made in its folder: Read-only file system");
        CliProcess.Run("eval", run, "--quiet").AssertSuccess();
    }

    [Fact]
    public void A_folder_that_must_not_be_written_to_is_one_line()
    {
        if (!OperatingSystem.IsLinux()) return; // a folder in which even root can make nothing
        CliProcess.Run([.. Small, "--run", "/proc/cnn-run"]).AssertRefused(1, "/proc/cnn-run: the folder cannot be made or written to");
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void What_does_not_fit_into_memory_is_one_line_and_exit_code_2()
    {
        using TemporaryFolder folder = new();
        Refused("data synthetic: 2000000 images cannot be drawn", "--images", "2000000");
        Refused("300 images of 3×4000×4000 would take 14400000000 bytes, more than an array holds", "--images", "300", "--size", "4000x4000", "--channels", "3");
        Refused("the network's buffers for 65536 images take more than 2147483591 floats; choose a smaller batch", "--images", "300", "--size", "64x64", "--model", "vgg11", "--batch", "65536");
        Refused(" GB; choose a smaller batch, or a narrower network", "--images", "300", "--size", "32x32", "--model", "resnet152", "--width", "28", "--batch", "1");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        void Refused(string part, params string[] options) =>
            CliProcess.Run(["train", "--data", "synthetic", "--test-images", "10", "--run", folder["run"], .. options]).AssertRefused(2, part);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Mistakes_are_one_line_and_exit_code_2_or_1()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["my.json"], "{ \"epochs\": 1, \"colour\": true }");
        CliProcess.Run("train", "--config", folder["my.json"]).AssertRefused(2, folder["my.json"], "there is no key colour");
        CliProcess.Run("train").AssertRefused(2, "--data is missing");
        CliProcess.Run("train", "--data", folder["nothing"]).AssertRefused(1, folder["nothing"], "no such folder or file");
        CliProcess.Run("train", "--data", "synthetic", "--optimizer", "newton").AssertRefused(2, "--optimizer is 'newton'; it must be one of sgd, adam");
        CliProcess.Run("train", "--data", "synthetic", "--set", "optimizer.beta9=1").AssertRefused(2, "there is no key optimizer.beta9; in optimizer there are momentum");
        CliProcess.Run("train", "--config", folder["nothing"]).AssertRefused(1, $"--config {folder["nothing"]}: there is no such file");
        File.WriteAllText(folder["layers.json"], "{ \"layers\": [{ \"kind\": \"conv\" }] }");
        CliProcess.Run([.. Small, "--model", folder["layers.json"]]).AssertRefused(2, $"error: {folder["layers.json"]}: layer 1 (conv): \"channels\" is missing");
        File.WriteAllText(folder["layers.json"], "{ \"layerz\": [] }");
        CliProcess.Run([.. Small, "--model", folder["layers.json"]]).AssertRefused(2, $"error: {folder["layers.json"]}: there is neither \"model\", the name of a network, nor \"layers\"");
        File.WriteAllText(folder["my.json"], "{ \"epochs\": 1 }");
        CliProcess.Run([.. Small, "--config", folder["my.json"], "--set", "optimizer.beta9=1"]).AssertRefused(2, $"{folder["my.json"]} with the command line: there is no key optimizer.beta9");
        CliProcess.Run([.. Small, "--set", "colour=1"]).AssertRefused(2, "command line: there is no key colour");
        CliProcess.Run([.. Small, "--stop-by", "loss"]).AssertRefused(2, "--stop-by is 'loss'", "--patience");
        CliProcess.Run([.. Small, "--weight-decay", "1e300"]).AssertRefused(2, "optimizer.weightDecay is 1E+300; it must be a number of at most 3.4E+38");
        CliProcess.Run([.. Small, "--size", "4096x4096"]).AssertRefused(2, "data.size: dataset \"synthetic\": 300 images of 1×4096×4096 would take");
        CliProcess.Run("train", "--data", "synthetic", "--images", "2000000000").AssertRefused(2, "data synthetic: 2000000000 images cannot be drawn");
        CliProcess.Run("train", "--data", folder.Path, "--images", "3").AssertRefused(2, "data.images is 3; it must be left out but for synthetic and shapes");
        CliProcess.Run("resume", folder.Path).AssertRefused(1, "there is no training in this folder");
        CliProcess.Run("eval", folder["nothing"]).AssertRefused(1, folder["nothing"], "no such file or run");
    }
}
