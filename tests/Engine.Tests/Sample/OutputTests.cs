namespace CnnEngine.Tests.Sample;

/// <summary>What is printed where the output is no terminal.</summary>
public sealed class OutputTests(DigitFolder digits) : IClassFixture<DigitFolder>
{
    private const char Escape = '\u001b';

    [Fact]
    public void Output_into_a_pipe_is_plain_text_and_complete()
    {
        ProgramResult result = digits.Run("--epochs", "3", "--threads", "1", "--profile").AssertSuccess();
        Assert.DoesNotContain(Escape, result.Output);
        Assert.DoesNotContain('\r', result.Output);
        Assert.DoesNotContain('▀', result.Output);
        foreach (string part in (string[])
            [digits.Path, "200 + 60 images of 28×28", "3 epochs, batch 64, one-cycle to 0.05", "1 thread,", "-bit vectors",
            "Conv2d(6, 5×5, padding 2)", "6×28×28", "61,706", "416,520",
            "truth downwards, guess across", "Misclassified", "taken for", "% sure", "GFLOP/s", "test accuracy"])
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        foreach (string epoch in (string[])["1/3", "2/3", "3/3"])
            Assert.Single(result.OutputLines, line => line.TrimStart().StartsWith(epoch, StringComparison.Ordinal));
        foreach (string layer in (string[])["conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "fc3"])
            Assert.Equal(2, result.OutputLines.Count(line => line.TrimStart().StartsWith(layer, StringComparison.Ordinal)));
    }

    [Fact]
    public void No_line_of_it_is_longer_than_a_terminal_of_120_columns()
    {
        ProgramResult result = digits.Run("--epochs", "1", "--profile").AssertSuccess();
        Assert.All(result.OutputLines.Where(line => !line.Contains(digits.Path, StringComparison.Ordinal)), line =>
            Assert.InRange(line.TrimEnd().Length, 0, 120));
    }

    [Fact]
    public void Colours_stay_away_from_a_pipe_whatever_the_environment_says()
    {
        using LeNetProcess process = new(
            digits.Arguments("--epochs", "1"),
            ("FORCE_COLOR", "1"), ("COLORTERM", "truecolor"), ("TERM", "xterm-256color"), ("GITHUB_ACTIONS", "true"));
        Assert.DoesNotContain(Escape, process.WaitForEnd().AssertSuccess().Output);
    }

    [Fact]
    public void A_summary_needs_no_data()
    {
        string output = LeNetProcess.Run("--summary", "--batch", "32").AssertSuccess().Output;
        foreach (string part in (string[])["Conv2d(16, 5×5)", "61,706", "416,520", "845,852", "839,334", "32×32", "memory of training, batch 32 of 1×28×28"])
            Assert.Contains(part, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_leaves_one_line()
    {
        string line = Assert.Single(digits.Run("--epochs", "1", "--quiet").AssertSuccess().OutputLines);
        Assert.Matches(@"^\S+: test accuracy \d+\.\d\d % \(\d+ of 60\), test loss \d+\.\d{4}$", line);
    }

    [Fact]
    public void The_classical_form_has_a_recipe_of_its_own()
    {
        string output = digits.Run("--epochs", "1", "--activation", "sigmoid", "--pooling", "mean").AssertSuccess().Output;
        Assert.Contains("one-cycle to 0.5,", output, StringComparison.Ordinal);
        Assert.Contains("Sigmoid", output, StringComparison.Ordinal);
        Assert.Contains("MeanPool2d(2×2)", output, StringComparison.Ordinal);
    }
}
