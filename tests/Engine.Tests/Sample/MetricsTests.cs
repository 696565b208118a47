using System.Text.Json;

namespace CnnEngine.Tests.Sample;

/// <summary>The metrics file, and that results follow from the seed alone.</summary>
public sealed class MetricsTests(DigitFolder digits) : IClassFixture<DigitFolder>
{
    private static readonly string[] Keys =
    [
        "epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds", "images_per_second", "learning_rate",
        "data", "seed", "threads", "simd",
    ];

    // What does not follow from the seed, and the seed.
    private static readonly string[] NotLasting = ["seconds", "images_per_second", "seed", "threads", "simd"];

    [Fact]
    public void Each_epoch_is_one_line_with_the_keys_that_scripts_read()
    {
        JsonElement[] epochs = Run("keys", "--epochs", "3", "--seed", "5", "--threads", "2", "--lr", "0.1");
        Assert.Equal(3, epochs.Length);
        for (int i = 0; i < epochs.Length; i++)
        {
            Assert.Equal(Keys, epochs[i].EnumerateObject().Select(property => property.Name));
            Assert.Equal(i + 1, epochs[i].GetProperty("epoch").GetInt32());
            Assert.InRange(epochs[i].GetProperty("train_loss").GetDouble(), 0.001, 5);
            Assert.InRange(epochs[i].GetProperty("test_loss").GetDouble(), 0.001, 5);
            Assert.InRange(epochs[i].GetProperty("train_accuracy").GetDouble(), 0, 1);
            Assert.InRange(epochs[i].GetProperty("test_accuracy").GetDouble(), 0, 1);
            Assert.InRange(epochs[i].GetProperty("learning_rate").GetDouble(), 1e-8, 0.1);
            double seconds = epochs[i].GetProperty("seconds").GetDouble();
            Assert.InRange(epochs[i].GetProperty("images_per_second").GetDouble() * seconds, 199.9, 200.1);
            Assert.Equal(Path.GetFileName(digits.Path), epochs[i].GetProperty("data").GetString());
            Assert.Equal(5, epochs[i].GetProperty("seed").GetInt64());
            Assert.Equal(2, epochs[i].GetProperty("threads").GetInt32());
            Assert.Contains(epochs[i].GetProperty("simd").GetInt32(), (int[])[128, 256, 512]);
        }
    }

    [Fact]
    public void A_forced_vector_width_is_reported()
    {
        using LeNetProcess process = new(
            digits.Arguments("--epochs", "1", "--metrics", digits.File("width.jsonl")), ("CNNENGINE_SIMD", "128"));
        process.WaitForEnd().AssertSuccess();
        Assert.Equal(128, Assert.Single(Read("width")).GetProperty("simd").GetInt32());
    }

    [Fact]
    public void A_new_run_takes_the_place_of_an_earlier_one_only_once_it_begins()
    {
        Run("again", "--epochs", "2");
        LeNetProcess.Run("--data", digits.File("nowhere"), "--metrics", digits.File("again.jsonl"));
        Assert.Equal(2, Read("again").Length);
        Assert.Single(Run("again", "--epochs", "1"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads_and_on_a_second_run()
    {
        (string Metrics, byte[] Weights) first = Train("first", 1);
        foreach ((string name, int threads) in (ReadOnlySpan<(string, int)>)[("second", 1), ("two", 2), ("three", 3)])
        {
            (string metrics, byte[] weights) = Train(name, threads);
            Assert.Equal(first.Metrics, metrics);
            Assert.Equal(first.Weights, weights);
        }

        (string Metrics, byte[] Weights) Train(string name, int threads)
        {
            string weights = digits.File($"{name}.safetensors");
            JsonElement[] epochs = Run(name, "--epochs", "3", "--threads", $"{threads}", "--save", weights);
            return (Lasting(epochs), File.ReadAllBytes(weights));
        }
    }

    [Fact]
    public void Another_seed_gives_other_numbers() =>
        Assert.NotEqual(Lasting(Run("seed1", "--epochs", "1", "--seed", "1")), Lasting(Run("seed2", "--epochs", "1", "--seed", "2")));

    private JsonElement[] Run(string name, params string[] args)
    {
        digits.Run([.. args, "--quiet", "--metrics", digits.File($"{name}.jsonl")]).AssertSuccess();
        return Read(name);
    }

    private JsonElement[] Read(string name)
    {
        string text = File.ReadAllText(digits.File($"{name}.jsonl"));
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private static string Lasting(JsonElement[] epochs) => string.Join('\n', epochs.Select(epoch =>
        string.Join(' ', epoch.EnumerateObject().Where(p => !NotLasting.Contains(p.Name)).Select(p => p.Value.GetRawText()))));
}
