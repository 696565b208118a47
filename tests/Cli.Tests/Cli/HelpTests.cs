namespace CnnEngine.Cli.Tests.Cli;

public class HelpTests
{
    [Fact]
    public void Every_command_has_examples_that_parse()
    {
        foreach (CliCommand command in CommandLine.Commands)
        {
            Assert.NotEmpty(command.Examples);
            foreach (Example example in command.Examples)
            {
                string[] words = example.Line.Split(' ');
                Assert.Equal(["cnn", command.Name], words[..2]);
                Assert.Empty(CommandLine.Root.Parse(words[1..]).Errors);
            }
        }
    }

    [Fact]
    public void Help_of_a_command_ends_with_examples_and_exit_codes()
    {
        string help = CliProcess.Run("train", "--help").AssertSuccess().Output;
        Assert.Contains("Examples:\n  cnn train", help, StringComparison.Ordinal);
        Assert.Contains("  130  stopped", help, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_option_is_one_line_and_exit_code_2() => CliProcess.Run("train", "--colour", "red").AssertRefused(2, "--colour");
}
