using System.CommandLine;
using System.CommandLine.Help;
using CnnEngine.Layers;

namespace Filters;

/// <summary>The command line: which options there are, and what each may be.</summary>
internal sealed class CommandLine
{
    private const int DefaultColumns = 38;
    private const int MostColumns = 400;

    private const string More = """
        Examples:
          Filters                                          all five over a picture that the program draws
          Filters photo.png --filter edges --grey          edges of a picture of yours
          Filters photo.ppm --out filtered --quiet         files only, for a script
          Filters --kernel "1 0 -1; 2 0 -2; 1 0 -1"        a filter of your own: Sobel's vertical edges
          Filters --kernel "1 4 6 4 1 / 16" --columns 80   one row is a filter, too; / divides all weights

        Exit codes:
          0  done
          1  the picture is missing, damaged or in another format, or a file cannot be written
          2  the command line is wrong
        """;

    private readonly Argument<string?> _image = new("IMAGE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "PNG, BMP, PGM or PPM file. Left out: a picture that the program draws.",
        CustomParser = result =>
        {
            string text = result.Tokens is [{ Value: var value }, ..] ? value : "";
            if (text.StartsWith('-')) result.AddError($"'{text}' is no option; --help lists them");
            else if (text.Length == 0) result.AddError("IMAGE is ''; it must be a path");
            return text;
        },
    };

    private readonly Option<FilterName?> _filter = OptionKinds.Choice<FilterName>("--filter", "Which filter to apply.");

    private readonly Option<ImageFilter?> _kernel = new("--kernel")
    {
        HelpName = "WEIGHTS",
        Description = "A filter of your own, alone or besides --filter: numbers with spaces between, rows with semicolons, and "
            + "perhaps / and a divisor at the end.",
        CustomParser = result =>
        {
            string text = result.Tokens is [{ Value: var value }, ..] ? value : "";
            if (KernelText.Parse(text, out string problem) is { } kernel) return kernel;
            result.AddError($"--kernel is '{text}'; {problem}");
            return null;
        },
    };

    private readonly Option<bool> _grey = OptionKinds.Switch("--grey", "Make the picture grey first.");

    private readonly Option<string?> _out = OptionKinds.Path(
        "--out", "DIR", "Write each result as a PNG file into this folder, which is made if it is not there.");

    private readonly Option<int?> _columns = OptionKinds.Number(
        "--columns", $"Width of a picture in the terminal, in characters. [default: {DefaultColumns}]", 4, MostColumns);

    private readonly Option<bool> _quiet = OptionKinds.Switch("--quiet", "Show no pictures; print only the names of the files written.");

    private readonly RootCommand _root;

    /// <summary>Puts the command together.</summary>
    /// <param name="run">What it does; returns the exit code.</param>
    public CommandLine(Func<Options, int> run)
    {
        _root = new RootCommand("Applies the classical image filters, convolutions that are not learnt, to a picture.")
        {
            _image, _filter, _kernel, _grey, _out, _columns, _quiet,
        };
        _root.SetAction(result => run(Read(result)));
        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, More);
    }

    /// <summary>Reads the arguments; what is wrong with them is in the result's errors.</summary>
    public ParseResult Parse(string[] args) => _root.Parse(args);

    private Options Read(ParseResult result) => new()
    {
        Image = result.GetValue(_image),
        GivenFilter = result.GetValue(_filter),
        Kernel = result.GetValue(_kernel),
        Grey = result.GetValue(_grey),
        Folder = result.GetValue(_out),
        Columns = result.GetValue(_columns) ?? DefaultColumns,
        Quiet = result.GetValue(_quiet),
    };
}
