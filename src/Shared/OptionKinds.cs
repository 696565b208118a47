using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace CnnEngine.Programs;

/// <summary>The kinds of options there are. A wrong value is reported with the option's name, the value, and what would be right.</summary>
internal static class OptionKinds
{
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    public static Option<string?> Path(string name, string value, string description) => new(name)
    {
        HelpName = value,
        Description = description,
        CustomParser = result =>
        {
            string text = Given(result);
            if (text.Length == 0) result.AddError($"{name} is ''; it must be a path");
            return text;
        },
    };

    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result =>
        {
            string text = Given(result);
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && number >= least && number <= most) return number;
            result.AddError($"{name} is '{text}'; it must be a whole number from {least} to {most}");
            return null;
        },
    };

    public static Option<long> Seed(string name, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => 1,
        CustomParser = result =>
        {
            string text = Given(result);
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seed)) return seed;
            result.AddError($"{name} is '{text}'; it must be a whole number from 0 to {long.MaxValue}");
            return 0;
        },
    };

    public static Option<float?> Rate(string name, string description) => new(name)
    {
        HelpName = "RATE",
        Description = description,
        CustomParser = result =>
        {
            string text = Given(result);
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float rate)
                && rate > 0 && float.IsFinite(rate)) return rate;
            result.AddError($"{name} is '{text}'; it must be a number above 0");
            return null;
        },
    };

    /// <summary>Any number of a range.</summary>
    public static Option<double?> Real(string name, string value, string description, double least, double most = double.MaxValue) => new(name)
    {
        HelpName = value,
        Description = description,
        CustomParser = result =>
        {
            string text = Given(result);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most) return number;
            string range = most == double.MaxValue ? $"a number, {Plain(least)} or more" : $"a number from {Plain(least)} to {Plain(most)}";
            result.AddError($"{name} is '{text}'; it must be {range}");
            return null;
        },
    };

    /// <summary>One word out of some, or nothing.</summary>
    public static Option<string?> Words(string name, string description, IReadOnlyList<string> words)
    {
        Option<string?> option = new(name)
        {
            HelpName = string.Join('|', words),
            Description = description,
            CustomParser = result =>
            {
                string text = Given(result);
                if (words.Contains(text)) return text;
                result.AddError($"{name} is '{text}'; it must be one of {string.Join(", ", words)}");
                return null;
            },
        };
        option.CompletionSources.Add([.. words]);
        return option;
    }

    /// <summary>One word out of some; the first is the default.</summary>
    public static Option<T?> Choice<T>(string name, string description) where T : struct, Enum
    {
        string[] words = [.. Enum.GetValues<T>().Select(Word)];
        Option<T?> option = new(name)
        {
            HelpName = string.Join('|', words),
            Description = $"{description} [default: {words[0]}]",
            CustomParser = result =>
            {
                string text = Given(result);
                if (Array.IndexOf(words, text.ToLowerInvariant()) is var place and >= 0) return Enum.GetValues<T>()[place];
                result.AddError($"{name} is '{text}'; it must be one of {string.Join(", ", words)}");
                return null;
            },
        };
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>How a choice is written on the command line.</summary>
    public static string Word<T>(T choice) where T : struct, Enum => $"{choice}".ToLowerInvariant().Replace('_', '-');

    private static string Plain(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Given(ArgumentResult result) => result.Tokens is [{ Value: var text }, ..] ? text : "";
}
