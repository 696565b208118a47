using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Imaging;
using CnnEngine.Runs;
using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests.Cli;

public class PictureFolderTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public void MNIST_as_a_folder_of_PNG_files_is_learnt_to_98_and_a_half_per_cent()
    {
        if (Environment.GetEnvironmentVariable(DataLocator.Variable) is not { Length: > 0 } directory) return; // the data is not here
        using TemporaryFolder folder = new();
        TrainTest sets = Mnist.Load(directory);
        Write(sets.Train, folder["digits", "train"], sets.Train.Count);
        Write(sets.Test, folder["digits", "test"], sets.Test.Count);
        ProgramResult result = CliProcess.Run("train", "--data", folder["digits"], "--epochs", "2", "--no-report", "--run", folder["run"]).AssertSuccess();
        Assert.Contains("lenet5, 61,706 parameters", result.Output, StringComparison.Ordinal);
        MetricsLine last = new RunFolder(folder["run"]).ReadMetrics()[^1];
        Assert.True(last.ValidationAccuracy >= 0.985, $"{last}");
        Assert.Equal(last.ValidationAccuracy!.Value, Evaluation.Of(folder["run"], DataConfig.Parse(DataConfig.SettingsOf(directory))).Result.Accuracy, 0.001);
    }

    [Fact]
    public void A_picture_that_cannot_be_read_is_refused_by_name_or_skipped_by_name()
    {
        using TemporaryFolder folder = new();
        Write(SyntheticDigits.Generate(train: 200, test: 1).Train, folder["digits"], 200);
        string bad = folder["digits", "3", "bad.png"];
        File.WriteAllText(bad, "no picture");
        string[] command = ["train", "--data", folder["digits"], "--epochs", "1", "--quiet", "--no-report", "--run", folder["run"]];
        CliProcess.Run(command).AssertRefused(1, bad);
        Assert.False(Directory.Exists(folder["run"]));

        ProgramResult result = CliProcess.Run([.. command, "--on-bad-image", "skip"]);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith($"skipped: {bad}: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(bad, Assert.Single(File.ReadAllLines(folder["run", "skipped.txt"])), StringComparison.Ordinal);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], Serialization.ModelFile.ReadManifest(folder["run", "checkpoints", "best.safetensors"]).Classes);
    }

    // For training, a sample of them is looked at for their size and colours; for prediction, many are taken at a time. All together would be 350 MB.
    [Fact]
    [Trait("Category", "Slow")]
    public void Large_pictures_do_not_fill_the_memory()
    {
        using TemporaryFolder folder = new();
        for (int c = 0; c < 2; c++)
        {
            string of = Directory.CreateDirectory(folder["photos", $"{c}"]).FullName;
            ImageFile.Write(Path.Combine(of, "0.png"), new Picture(1200, 1000, 3, new byte[1200 * 1000 * 3]));
            for (int i = 1; i < 50; i++) File.Copy(Path.Combine(of, "0.png"), Path.Combine(of, $"{i}.png"));
        }
        (string, string) limit = ("DOTNET_GCHeapHardLimit", "8000000"); // 128 MB, in hexadecimal digits
        string[] command = ["train", "--data", folder["photos"], "--model", "lenet5", "--size", "32x32", "--epochs", "1", "--quiet", "--no-report", "--run", folder["run"]];
        using CliProcess training = new(command, null, limit);
        training.WaitForEnd().AssertSuccess();
        using CliProcess prediction = new(["predict", folder["run"], folder["photos"]], null, limit);
        Assert.Equal(100, prediction.WaitForEnd().AssertSuccess().OutputLines.Length);
    }

    [Fact]
    public void Pictures_of_several_sizes_are_brought_to_one_that_suits_the_network()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 8; i++)
        {
            string of = Directory.CreateDirectory(folder["photos", i % 2 == 0 ? "dark" : "light"]).FullName;
            byte[] bytes = new byte[(100 + i) * 80 * 3];
            bytes.AsSpan().Fill((byte)(i % 2 * 200));
            ImageFile.Write(Path.Combine(of, $"{i}.png"), new Picture(100 + i, 80, 3, bytes));
        }
        RunPlan plan = Plan("{}");
        Assert.Equal((new Shape(3, 96, 96), "resnet18", 2), (plan.Data.Image, plan.ModelName, plan.Data.Classes));
        Assert.Equal(["dark", "light"], plan.Data.ClassNames);
        Assert.Equal(new Shape(3, 32, 32), Plan("""{ "model": "cifar-resnet20" }""").Data.Image);
        Assert.Equal(new Shape(1, 20, 24), Plan("""{ "model": { "layers": [{ "kind": "flatten" }, { "kind": "linear", "features": 2 }], "input": [1, 20, 24] } }""").Data.Image);
        Assert.Equal(new Shape(1, 40, 30), Plan("""{ "data": { "size": [40, 30], "channels": 1 } }""").Data.Image);

        RunPlan Plan(string settings)
        {
            System.Text.Json.Nodes.JsonObject data = new() { ["data"] = DataConfig.SettingsOf(folder["photos"]) };
            return RunPlan.Make(RunConfig.Merge(data, System.Text.Json.Nodes.JsonNode.Parse(settings)!.AsObject()), "settings");
        }
    }

    [Theory]
    [InlineData("train", 10, 0, 0, "0")] // nothing to measure by
    [InlineData("train", 8, 2, 0, "0.2")]
    [InlineData("train val", 10, 10, 0, null)]
    [InlineData("train test", 10, 10, 0, "0")]
    [InlineData("train val test", 10, 10, 10, null)]
    public void Folders_are_learnt_from_measured_by_and_tested_on_by_their_names(string folders, int train, int validation, int test, string? share)
    {
        using TemporaryFolder folder = new();
        string[] names = folders.Split(' ');
        foreach (string name in names)
            for (int i = 0; i < 10; i++)
                ImageFile.Write(Path.Combine(Directory.CreateDirectory(folder["data", name, i % 2 == 0 ? "dark" : "light"]).FullName, $"{i}.png"), new Picture(8, 8, 1, [.. Enumerable.Repeat((byte)(i * 20), 64)]));
        JsonObject settings = new() { ["data"] = DataConfig.SettingsOf(names.Length == 1 ? folder["data", "train"] : folder["data"]) };
        if (share is not null) settings["data"]!["validation"] = JsonNode.Parse(share);
        RunData data = RunPlan.Make(settings, "settings").Data;
        Assert.Equal((train, validation, test), (data.Train.Count, data.Validation?.Count ?? 0, data.Test?.Count ?? 0));
        Assert.Equal(data.Config.TestPath, names.Length == 3 ? folder["data", "test"] : null);
    }

    // As a folder with a sub-folder for each class.
    private static void Write(ByteImages images, string path, int count)
    {
        for (int c = 0; c < images.Classes; c++) Directory.CreateDirectory(Path.Combine(path, $"{c}"));
        Parallel.For(0, count, i => File.WriteAllBytes(
            Path.Combine(path, $"{images.Label(i)}", $"{i:00000}.png"), Png(images.Pixels(i), images.ImageShape[2])));
    }

    // A grey PNG (W3C, "Portable Network Graphics", 2003) by no code of the engine, nor as slow as its files, which are on the disk at once.
    private static byte[] Png(ReadOnlySpan<byte> pixels, int width)
    {
        using MemoryStream lines = new();
        using (ZLibStream packed = new(lines, CompressionLevel.Fastest, leaveOpen: true))
            for (int start = 0; start < pixels.Length; start += width)
            {
                packed.WriteByte(0); // no filter
                packed.Write(pixels.Slice(start, width));
            }
        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), pixels.Length / width);
        header[8] = 8; // bits
        Chunk("IHDR", header);
        Chunk("IDAT", lines.ToArray());
        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string kind, byte[] data)
        {
            byte[] named = [.. Encoding.ASCII.GetBytes(kind), .. data], number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            file.Write(named);
            uint sum = uint.MaxValue;
            foreach (byte one in named)
            {
                sum ^= one;
                for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ (0xedb88320 & (0 - (sum & 1)));
            }
            BinaryPrimitives.WriteUInt32BigEndian(number, ~sum);
            file.Write(number);
        }
    }
}
