namespace CnnEngine.Tests.Sample;

/// <summary>The command line: help, and every value that is refused.</summary>
public sealed class CommandLineTests
{
    private const int BadUsage = 2;

    [Fact]
    public void Help_names_every_option_and_exit_code()
    {
        ProgramResult result = LeNetProcess.Run("--help").AssertSuccess();
        foreach (string word in (string[])
            ["--data", "--download", "--recipe", "default|fast", "--epochs", "--batch", "--lr", "--seed", "--threads", "--activation", "relu|sigmoid|tanh",
            "--pooling", "max|mean", "--metrics", "--save", "--load", "--profile", "--summary", "--quiet", "--help", "--version",
            "Examples:", "Exit codes:", "130"])
            Assert.Contains(word, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_given_whatever_else_is_wrong() => LeNetProcess.Run("--batch", "0", "--help").AssertSuccess();

    [Fact]
    public void Version_is_a_number() =>
        Assert.Matches(@"^\d+\.\d+\.\d+", LeNetProcess.Run("--version").AssertSuccess().Output);

    [Theory]
    [InlineData("--batch", "0", "from 1 to")]
    [InlineData("--batch", "-5", "from 1 to")]
    [InlineData("--batch", "many", "from 1 to")]
    [InlineData("--epochs", "0", "--load")]
    [InlineData("--epochs", "1.5", "whole number")]
    [InlineData("--epochs", "99999999999", "whole number")]
    [InlineData("--lr", "nan", "above 0")]
    [InlineData("--lr", "0", "above 0")]
    [InlineData("--lr", "-0.1", "above 0")]
    [InlineData("--lr", "1e99", "above 0")]
    [InlineData("--lr", "0,05", "above 0")]
    [InlineData("--seed", "-1", "whole number")]
    [InlineData("--threads", "0", "from 1 to")]
    [InlineData("--threads", "5000", "from 1 to")]
    [InlineData("--activation", "foo", "relu, sigmoid, tanh")]
    [InlineData("--activation", "1", "relu, sigmoid, tanh")]
    [InlineData("--pooling", "median", "max, mean")]
    [InlineData("--recipe", "slow", "default, fast")]
    public void A_wrong_value_is_refused_with_what_would_be_right(string option, string value, string right) =>
        LeNetProcess.Run(option, value).AssertRefused(BadUsage, option, $"'{value}'", right);

    [Theory]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("--save", "--save")]
    [InlineData("--epochs=2 --epochs=3", "--epochs")]
    [InlineData("--data=here --download", "--download")]
    [InlineData("--metrics=a --save=./a", "--save")]
    [InlineData("--metrics=a --load=a", "--load")]
    [InlineData("--recipe=fast --activation=tanh", "--activation is 'tanh', but --recipe fast")]
    [InlineData("--recipe=fast --pooling=max", "--pooling is 'max', but --recipe fast")]
    public void A_command_line_that_makes_no_sense_is_refused(string line, string part) =>
        LeNetProcess.Run(line.Split(' ')).AssertRefused(BadUsage, part);

    [Fact]
    public void An_unknown_vector_width_is_refused()
    {
        using LeNetProcess process = new([], ("CNNENGINE_SIMD", "96"));
        process.WaitForEnd().AssertRefused(BadUsage, "CNNENGINE_SIMD=96", "128, 256, 512");
    }
}
