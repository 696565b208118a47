using System.Text.Json;
using CnnEngine.Data;
using CnnEngine.Tests.Data;

namespace CnnEngine.Tests.Sample;

/// <summary>The sample for small colour images, as a process, on a folder of a few.</summary>
public sealed class CifarTests : IDisposable
{
    private const int Failure = 1, BadUsage = 2;

    private readonly TemporaryFolder _folder = new();

    public CifarTests()
    {
        // Shapes that the program draws, in CIFAR-10's files.
        (ByteImages train, ByteImages test) = SyntheticShapes.Generate(train: 100, test: 20);
        for (int i = 0; i < 5; i++) Write($"data_batch_{i + 1}.bin", train, i * 20);
        Write("test_batch.bin", test, 0);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_learns_saves_and_reports()
    {
        string weights = Path.Combine(_folder.Path, "weights.safetensors"), metrics = Path.Combine(_folder.Path, "run.jsonl");
        ProgramResult result = Run("--epochs", "4", "--batch", "40", "--lr", "0.01", "--save", weights, "--metrics", metrics, "--threads", "2").AssertSuccess();
        Assert.Contains("cifar-10, 100 + 20 images of 32×32", result.Output, StringComparison.Ordinal);
        Assert.Contains("4 epochs, batch 40, 0.01, ×0.1 after 2, 3 epochs, SGD, momentum 0.9, weight decay 0.0001", result.Output, StringComparison.Ordinal);
        Assert.Contains("automobile", result.Output, StringComparison.Ordinal);
        string last = result.OutputLines[^1];
        Assert.Matches(@"^cifar-10: test accuracy \d+\.\d\d % \(\d+ of 20\), test loss \d+\.\d{4}$", last);

        string[] lines = File.ReadAllLines(metrics);
        Assert.Equal([1, 2, 3, 4], lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("epoch").GetInt32()));
        Assert.Equal([last], Run("--load", weights, "--epochs", "0", "--quiet").AssertSuccess().OutputLines);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads()
    {
        byte[] expected = Train("1");
        Assert.Equal(expected, Train("2"));
        Assert.NotEqual(expected, Train("2", "--seed", "7"));

        byte[] Train(string threads, params string[] args)
        {
            string weights = Path.Combine(_folder.Path, "bits.safetensors");
            Run(["--epochs", "1", "--batch", "50", "--quiet", "--threads", threads, "--save", weights, .. args]).AssertSuccess();
            return File.ReadAllBytes(weights);
        }
    }

    [Fact]
    public void What_cannot_be_done_is_refused()
    {
        using (ProgramProcess process = new("Cifar", ["--data", "/nowhere"])) process.WaitForEnd().AssertRefused(Failure, "/nowhere: no such folder");
        Run("--epochs", "0").AssertRefused(BadUsage, "--epochs is '0'", "--load");
        Run("--batch", "x").AssertRefused(BadUsage, "--batch is 'x'");
        File.Delete(Path.Combine(_folder.Path, "data_batch_2.bin"));
        Run().AssertRefused(Failure, "data_batch_2.bin: no such file");
    }

    [Fact]
    public void A_summary_needs_no_data()
    {
        using ProgramProcess process = new("Cifar", ["--summary"]);
        Assert.Contains("conv1", process.WaitForEnd().AssertSuccess().Output, StringComparison.Ordinal);
    }

    private ProgramResult Run(params string[] args)
    {
        using ProgramProcess process = new("Cifar", args, null, ("CIFAR_DIR", _folder.Path));
        return process.WaitForEnd();
    }

    private void Write(string name, ByteImages images, int first)
    {
        using FileStream file = File.Create(Path.Combine(_folder.Path, name));
        for (int i = first; i < first + 20; i++)
        {
            file.WriteByte((byte)images.Label(i));
            file.Write(images.Pixels(i));
        }
    }
}
