using CnnEngine.Tests.Data;

namespace CnnEngine.Tests.Sample;

/// <summary>Data that is missing or damaged: one line that names the file, and exit code 1.</summary>
public sealed class BadDataTests : IDisposable
{
    private const int Failure = 1;
    private const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte";

    private readonly DigitFolder _digits = new();

    public void Dispose() => _digits.Dispose();

    [Fact]
    public void A_missing_folder_is_refused() =>
        LeNetProcess.Run("--data", _digits.File("nowhere")).AssertRefused(Failure, "nowhere", "no such folder", TrainImages);

    [Fact]
    public void A_missing_folder_in_the_environment_is_refused()
    {
        using LeNetProcess process = new([], ("MNIST_DIR", _digits.File("nowhere")));
        process.WaitForEnd().AssertRefused(Failure, "nowhere", "MNIST_DIR");
    }

    [Fact]
    public void A_missing_file_is_refused()
    {
        File.Delete(_digits.File(TrainLabels));
        _digits.Run().AssertRefused(Failure, TrainLabels, "no such file");
    }

    [Fact]
    public void A_truncated_gzip_file_is_refused()
    {
        byte[] packed = Idx.Gzip(File.ReadAllBytes(_digits.File(TrainImages)));
        _digits.Write(TrainImages + ".gz", packed[..(packed.Length / 2)]);
        _digits.Run().AssertRefused(Failure, TrainImages + ".gz");
    }

    [Fact]
    public void A_wrong_magic_number_is_refused()
    {
        byte[] content = File.ReadAllBytes(_digits.File(TrainImages));
        content[3] ^= 1;
        _digits.Write(TrainImages, content);
        _digits.Run().AssertRefused(Failure, TrainImages, "magic");
    }

    [Fact]
    public void A_count_that_disagrees_with_the_length_is_refused()
    {
        byte[] content = File.ReadAllBytes(_digits.File(TrainImages));
        _digits.Write(TrainImages, content[..^1]);
        _digits.Run().AssertRefused(Failure, TrainImages);
    }

    [Fact]
    public void A_count_that_disagrees_with_the_labels_is_refused()
    {
        _digits.Write(TrainLabels, Idx.Labels(new byte[199]));
        _digits.Run().AssertRefused(Failure, "199 labels", "200 images");
    }

    [Fact]
    public void Label_10_is_refused()
    {
        byte[] labels = new byte[200];
        labels[7] = 10;
        _digits.Write(TrainLabels, Idx.Labels(labels));
        _digits.Run().AssertRefused(Failure, TrainLabels, "label 7 is 10", "0..9");
    }

    [Fact]
    public void Images_too_small_for_the_network_are_refused()
    {
        using TemporaryFolder folder = new();
        Idx.WriteSet(folder);
        LeNetProcess.Run("--data", folder.Path).AssertRefused(Failure, "1×4×6", "do not fit the network");
    }

    [Fact]
    public void A_learning_rate_that_makes_training_diverge_is_reported() =>
        Assert.Contains("diverged", DivergedLine(), StringComparison.Ordinal);

    private string DivergedLine()
    {
        ProgramResult result = _digits.Run("--lr", "1e6", "--epochs", "5", "--quiet");
        Assert.Equal(Failure, result.ExitCode);
        return Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
