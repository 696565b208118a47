using CnnEngine.Serialization;

namespace CnnEngine.Tests.Sample;

/// <summary><c>--save</c> and <c>--load</c>.</summary>
public sealed class WeightsTests : IDisposable
{
    private const int Failure = 1;

    private readonly DigitFolder _digits = new();
    private readonly string _weights;
    private readonly string _result;

    public WeightsTests()
    {
        _weights = _digits.File("weights.safetensors");
        _result = _digits.Run("--epochs", "4", "--quiet", "--save", _weights).AssertSuccess().Output;
    }

    public void Dispose() => _digits.Dispose();

    [Fact]
    public void Weights_do_as_well_when_they_are_loaded_again() =>
        Assert.Equal(_result, _digits.Run("--load", _weights, "--epochs", "0", "--quiet").AssertSuccess().Output);

    [Fact]
    public void Loaded_weights_are_where_training_goes_on()
    {
        string on = _digits.Run("--load", _weights, "--epochs", "1", "--quiet", "--lr", "1e-9").AssertSuccess().Output;
        Assert.Equal(_result, on);
    }

    [Fact]
    public void Loaded_weights_bring_the_preprocessing_they_were_trained_with()
    {
        // The same digits at half the contrast: with their own mean and deviation they would look as before.
        using DigitFolder faint = new();
        foreach (string name in (string[])["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"])
        {
            byte[] content = File.ReadAllBytes(faint.File(name));
            for (int i = 16; i < content.Length; i++) content[i] /= 2;
            faint.Write(name, content);
        }
        Assert.NotEqual(Loss(_result), Loss(faint.Run("--load", _weights, "--epochs", "0", "--quiet").AssertSuccess().Output));

        static string Loss(string result) => result[result.LastIndexOf(' ')..];
    }

    [Fact]
    public void The_file_says_how_to_use_it()
    {
        using SafetensorsFile file = SafetensorsFile.Open(_weights);
        foreach (string key in (string[])["architecture", "preprocessing", "mean", "deviation", "classes", "data"])
            Assert.Contains(key, file.Metadata.Keys);
        Assert.Equal("0, 1, 2, 3, 4, 5, 6, 7, 8, 9", file.Metadata["classes"]);
        Assert.Equal(Path.GetFileName(_digits.Path), file.Metadata["data"]);
    }

    [Fact]
    public void A_file_that_was_cut_short_is_refused()
    {
        byte[] content = File.ReadAllBytes(_weights);
        string cut = _digits.File("cut.safetensors");
        File.WriteAllBytes(cut, content[..(content.Length / 2)]);
        _digits.Run("--load", cut, "--epochs", "0").AssertRefused(Failure, cut);
    }

    [Fact]
    public void A_file_with_one_wrong_bit_is_refused()
    {
        byte[] content = File.ReadAllBytes(_weights);
        content[^10] ^= 1;
        File.WriteAllBytes(_weights, content);
        _digits.Run("--load", _weights, "--epochs", "0").AssertRefused(Failure, _weights, "SHA-256");
    }

    [Fact]
    public void Another_networks_weights_are_refused() =>
        _digits.Run("--load", _weights, "--activation", "tanh").AssertRefused(Failure, _weights, "another network", "Tanh");

    [Theory]
    [InlineData("nowhere.safetensors", "no such file")]
    [InlineData(".", "folder")]
    public void A_path_where_no_file_is_is_refused(string name, string part) =>
        _digits.Run("--load", _digits.File(name)).AssertRefused(Failure, "--load", part);

    [Theory]
    [InlineData("--save", "nowhere/weights.safetensors", "does not exist")]
    [InlineData("--metrics", "nowhere/metrics.jsonl", "does not exist")]
    [InlineData("--save", ".", "folder")]
    [InlineData("--metrics", ".", "folder")]
    public void A_path_that_cannot_be_written_is_refused_before_training(string option, string name, string part)
    {
        // So many epochs would take a day.
        _digits.Run(option, _digits.File(name), "--epochs", "1000000").AssertRefused(Failure, option, part);
        Assert.Equal(["weights.safetensors"], _digits.OtherNames());
    }
}
