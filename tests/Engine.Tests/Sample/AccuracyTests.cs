using System.Globalization;
using System.Text.RegularExpressions;
using CnnEngine.Tests.Data;

namespace CnnEngine.Tests.Sample;

/// <summary>That LeNet learns: what it is there for.</summary>
public sealed class AccuracyTests
{
    /// <summary>Trained on some synthetic digits, tested on the built-in ones, none of which it has seen.</summary>
    [Fact]
    public void LeNet_learns_synthetic_digits()
    {
        using DigitFolder digits = new(train: 20_000, test: 100);
        string weights = digits.File("weights.safetensors");
        digits.Run("--epochs", "3", "--quiet", "--save", weights).AssertSuccess();

        ProgramResult result = LeNetProcess.Run("--load", weights, "--epochs", "0").AssertSuccess();
        Assert.InRange(Accuracy(result), 97, 100);
        // Whoever has no data is told what this is and how to get the real one.
        Assert.Contains("synthetic, 60,000 + 10,000 images of 28×28: digits drawn", result.Output, StringComparison.Ordinal);
        Assert.Contains("--download", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tanh_and_mean_pooling_learn_too()
    {
        using DigitFolder digits = new(train: 10_000, test: 1_000);
        ProgramResult result = digits.Run("--epochs", "2", "--activation", "tanh", "--pooling", "mean", "--quiet").AssertSuccess();
        Assert.InRange(Accuracy(result), 93, 100);
    }

    [MnistFact]
    public void LeNet_learns_MNIST() => Assert.InRange(Accuracy(OnMnist()), 98.8, 100);

    [MnistFact]
    public void The_classical_form_learns_MNIST() =>
        Assert.InRange(Accuracy(OnMnist("--activation", "sigmoid", "--pooling", "mean")), 97.5, 100);

    private static ProgramResult OnMnist(params string[] args)
    {
        string[] all = ["--data", MnistFactAttribute.Directory!, "--epochs", "3", "--quiet", .. args];
        ProgramResult result = LeNetProcess.Run(all).AssertSuccess();
        Assert.StartsWith("mnist: ", result.Output, StringComparison.Ordinal);
        return result;
    }

    private static double Accuracy(ProgramResult result) =>
        double.Parse(Regex.Match(result.Output, @"test accuracy (\S+) %").Groups[1].Value, CultureInfo.InvariantCulture);
}
