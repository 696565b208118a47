using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace CnnEngine.Cli;

/// <summary>A command's page of the documentation, made from what parses its options: the two cannot differ.</summary>
internal static class CommandPage
{
    /// <summary>The page of a command, in Markdown.</summary>
    public static string Of(CliCommand command)
    {
        StringBuilder page = new();
        page.Append($"# cnn {command.Name}\n\n{command.Description}\n\n```\ncnn {command.Name}");
        foreach (Argument argument in command.Arguments) page.Append(argument.Arity.MaximumNumberOfValues > 1 ? $" {argument.Name} …" : $" {argument.Name}");
        page.Append(command.Options.Count > 0 ? " [options]\n```\n" : "\n```\n");
        if (command.Arguments.Count > 0) Table(page, "argument", command.Arguments.Select(argument => (argument.Name, argument.Description)));
        Option[] options = [.. command.Options.Where(option => !option.Hidden && option is not HelpOption)];
        if (options.Length > 0) Table(page, "option", options.Select(option => (Name(option), option.Description)));
        page.Append("\n## Examples\n\n```\n");
        int width = command.Examples.Max(example => example.Line.Length);
        foreach (Example example in command.Examples) page.Append($"{example.Line.PadRight(width)}  # {example.Meaning}\n");
        return page.Append("```\n").ToString();
    }

    /// <summary>The page that lists the commands.</summary>
    public static string Overview()
    {
        StringBuilder page = new();
        page.Append($"# cnn\n\n{CommandLine.Root.Description} These pages are written from the parser: `cnn COMMAND --help` says the same.\n");
        Table(page, "command", CommandLine.Commands.Select(command => ($"[{command.Name}]({command.Name}.md)", command.Description)), isCode: false);
        Table(page, "option of every command", CommandLine.Root.Options.Select(option => (Name(option), option.Description)));
        Table(page, "exit code", HelpText.ExitCodes.Select(exit => ($"{exit.Code}", (string?)exit.Meaning)));
        return page.ToString();
    }

    private static string Name(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name).Distinct().OrderBy(name => name.Length));
        return option.HelpName is { } value ? $"{names} {value}" : names;
    }

    private static void Table(StringBuilder page, string header, IEnumerable<(string Name, string? Text)> rows, bool isCode = true)
    {
        page.Append($"\n| {header} | |\n|---|---|\n");
        foreach ((string name, string? text) in rows)
        {
            string cell = name.Replace("|", "\\|", StringComparison.Ordinal);
            page.Append($"| {(isCode ? $"`{cell}`" : cell)} | {text?.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
    }
}
