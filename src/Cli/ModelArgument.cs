using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Cli.Training;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Runs;
using CnnEngine.Serialization;

namespace CnnEngine.Cli;

/// <summary>A network that is named on the command line in whatever way, for commands that need no weights.</summary>
internal sealed class ModelArgument
{
    private readonly Argument<string> _model = new("MODEL")
    {
        HelpName = "MODEL", // the help would list all names
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

    /// <summary>Gives a command the argument and its options.</summary>
    public void AddTo(Command command)
    {
        _model.CompletionSources.Add([.. ModelZoo.Names]);
        command.Arguments.Add(_model);
        command.Options.Add(_input);
        command.Options.Add(_classes);
        command.Options.Add(_width);
    }

    /// <summary>What was named.</summary>
    public string NameIn(ParseResult arguments) => arguments.GetRequiredValue(_model);

    /// <summary>The network, and the shape of one image.</summary>
    /// <exception cref="ConfigurationException">Options do not go together, or the network cannot be made with them.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="IOException">There is no such network, file or run.</exception>
    public (Graph Graph, Shape Input) Find(ParseResult arguments)
    {
        string name = NameIn(arguments);
        Shape? input = arguments.GetValue(_input);
        if (ModelZoo.Names.Contains(name))
        {
            Model model = ModelZoo.Named(name);
            model = model with { Input = input ?? model.Input, Classes = arguments.GetValue(_classes) ?? model.Classes, Width = arguments.GetValue(_width) ?? model.Width };
            return (Made(name, model.Build), model.Input);
        }
        if (arguments.GetValue(_classes) is not null || arguments.GetValue(_width) is not null)
            throw new ConfigurationException($"--classes and --width are for networks by name; {name} is none of {string.Join(", ", ModelZoo.Names)}");
        if (!File.Exists(name) && !Directory.Exists(name))
            throw new FileNotFoundException($"{name}: there is no such file or run, nor a network of this name; there are {string.Join(", ", ModelZoo.Names)}");
        ModelDescription description = Settings.IsFile(name) ? Described(name, input) : ModelFile.ReadManifest(ModelPath.Find(name)).Model;
        return (description.Build(), input ?? description.Input);
    }

    // In a list of layers the input may be left out, as for training, where the images know it.
    private static ModelDescription Described(string file, Shape? input)
    {
        JsonObject json = RunConfig.ReadModel(file);
        if (input is { } given) json["input"] = new JsonArray([.. given.ToArray().Select(extent => (JsonNode)extent)]);
        else if (json.ContainsKey("layers") && !json.ContainsKey("input"))
            throw new ConfigurationException($"{file}: it does not say what the input is; --input C,H,W does");
        return ModelDescription.Parse(json, file);
    }

    /// <summary>Does something with a network that may not be possible with the given options.</summary>
    /// <exception cref="ConfigurationException">It is not possible; the message names the network and says why.</exception>
    public static T Made<T>(string name, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException(error.Message.StartsWith($"{name}:", StringComparison.Ordinal) ? error.Message : $"{name}: {error.Message}", error);
        }
    }

    private static Shape? ReadShape(ArgumentResult result)
    {
        string text = result.Tokens is [{ Value: var value }, ..] ? value : "";
        int[] extents = [.. text.Split(',', 'x', '×').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int extent) ? extent : 0)];
        if (extents.Length == 3 && extents.All(extent => extent is >= 1 and <= 65_536) && extents.Aggregate(1L, (all, extent) => all * extent) <= Array.MaxLength)
            return new Shape(extents);
        result.AddError($"--input is '{text}'; it must be channels, height and width, as in 3,64,64, each from 1 to 65536, and no more than {Array.MaxLength} numbers");
        return null;
    }
}
