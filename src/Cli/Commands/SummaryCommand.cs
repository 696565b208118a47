using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Analysis;
using CnnEngine.Graphs;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn summary</c>.</summary>
internal sealed class SummaryCommand : CliCommand
{
    private readonly ModelArgument _model = new();

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
        _model.AddTo(this);
        Options.Add(_batch);
        Options.Add(_markdown);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        (Graph graph, Shape input) = _model.Find(arguments);
        NetworkOptions options = new() { BatchSize = arguments.GetValue(_batch) ?? 64 };
        NetworkSummary summary = ModelArgument.Made(_model.NameIn(arguments), () => NetworkSummary.Of(graph, input, options));
        Console.Out.WriteLine((session.IsJson ? JsonNode.Parse(summary.ToJson())!.ToJsonString() : arguments.GetValue(_markdown) ? summary.ToMarkdown() : summary.ToString()).TrimEnd());
        return ExitCode.Success;
    }
}
