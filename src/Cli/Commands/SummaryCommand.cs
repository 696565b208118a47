using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Runs;
using CnnEngine.Serialization;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn summary</c>.</summary>
internal sealed class SummaryCommand : CliCommand
{
    private readonly Argument<string> _model = new("MODEL")
    {
        Description = $"A model file, a run's folder, a JSON file with layers, or a network's name: {string.Join(", ", ModelZoo.Names)}.",
    };

    private readonly Option<Shape?> _input = new("--input")
    {
        HelpName = "C,H,W",
        Description = "Channels, height and width of an image, as in 3,64,64. [default: the network's own]",
        CustomParser = ReadShape,
    };

    private readonly Option<int?> _classes = OptionKinds.Number("--classes", "How many classes a network of the literature tells apart. [default: the paper's]", 1, 1_000_000);

    private readonly Option<double?> _width = OptionKinds.Real("--width", "FACTOR", "What its numbers of channels are multiplied by. [default: 1]", 0.001, 100);

    private readonly Option<int?> _batch = OptionKinds.Number("--batch", "Images of one step, for the memory it takes. [default: 64]", 1, 65_536);

    private readonly Option<bool> _markdown = OptionKinds.Switch("--markdown", "Print Markdown in place of text.");

    public SummaryCommand()
        : base(
            "summary",
            "Tells what a network costs, sees of an image and takes of memory, layer by layer; nothing is computed or allocated.",
            new Example("cnn summary resnet18", "a network of the literature"),
            new Example("cnn summary vgg16 --input 3,64,64 --classes 10", "the same for other images"),
            new Example("cnn summary runs/first --json", "the network of a run, for a script"))
    {
        Arguments.Add(_model);
        Options.Add(_input);
        Options.Add(_classes);
        Options.Add(_width);
        Options.Add(_batch);
        Options.Add(_markdown);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        (Graph graph, Shape input) = Find(arguments);
        NetworkSummary summary;
        try
        {
            summary = NetworkSummary.Of(graph, input, new NetworkOptions { BatchSize = arguments.GetValue(_batch) ?? 64 });
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException($"{arguments.GetRequiredValue(_model)}: {error.Message}");
        }
        Console.Out.WriteLine((session.IsJson ? summary.ToJson() : arguments.GetValue(_markdown) ? summary.ToMarkdown() : summary.ToString()).TrimEnd());
        return ExitCode.Success;
    }

    private (Graph Graph, Shape Input) Find(ParseResult arguments)
    {
        string name = arguments.GetRequiredValue(_model);
        Shape? input = arguments.GetValue(_input);
        if (ModelZoo.Names.Contains(name))
        {
            Model model = ModelZoo.Named(name);
            model = model with { Input = input ?? model.Input, Classes = arguments.GetValue(_classes) ?? model.Classes, Width = arguments.GetValue(_width) ?? model.Width };
            try
            {
                return (model.Build(), model.Input);
            }
            catch (ArgumentException error)
            {
                throw new ConfigurationException(error.Message);
            }
        }
        if (arguments.GetValue(_classes) is not null || arguments.GetValue(_width) is not null)
            throw new ConfigurationException($"--classes and --width are for networks by name; {name} is none of {string.Join(", ", ModelZoo.Names)}");
        if (!File.Exists(name) && !Directory.Exists(name))
            throw new FileNotFoundException($"{name}: there is no such file or run, nor a network of this name; there are {string.Join(", ", ModelZoo.Names)}");
        ModelDescription description = name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? ModelDescription.Parse(File.ReadAllText(name), name)
            : ModelFile.ReadManifest(ModelPath.Find(name)).Model;
        return (description.Build(), input ?? description.Input);
    }

    private static Shape? ReadShape(ArgumentResult result)
    {
        string text = result.Tokens is [{ Value: var value }, ..] ? value : "";
        int[] extents = [.. text.Split(',', 'x', '×').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int extent) ? extent : 0)];
        if (extents.Length == 3 && extents.All(extent => extent is >= 1 and <= 65_536)) return new Shape(extents);
        result.AddError($"--input is '{text}'; it must be channels, height and width, as in 3,64,64");
        return null;
    }
}
