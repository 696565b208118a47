using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Kernels;
using CnnEngine.Runs;
using Spectre.Console;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn eval</c>.</summary>
internal sealed class EvalCommand : CliCommand
{
    // More classes make no table that can be read.
    private const int MostColumns = 20;

    private readonly Argument<string> _model = new("MODEL") { Description = "A model file, or a run's folder, of which the best network is taken." };

    private readonly Option<string?> _data = OptionKinds.Path(
        "--data", "DATA", "The images, named as for train; of a data set in two parts, those to test on. [default: those that the run was measured by]");

    private readonly Option<string?> _badImages = OptionKinds.Words(
        "--on-bad-image", "Pictures that cannot be read: refuse, or skip and name them. [default: refuse]", ["refuse", "skip"]);

    private readonly Option<int?> _threads = OptionKinds.Number("--threads", "Threads to compute on; the results do not depend on it. [default: all]", 1, 1024);

    public EvalCommand()
        : base(
            "eval",
            "Measures how good a network is: loss, accuracy, which class is taken for which, precision, recall and F1 of each.",
            new Example("cnn eval runs/first", "the best network of a run, by the run's own images"),
            new Example("cnn eval model.safetensors --data photos/", "a model file, by pictures of its classes"),
            new Example("cnn eval runs/first --data mnist --json", "for a script"))
    {
        Arguments.Add(_model);
        Options.Add(_data);
        Options.Add(_badImages);
        Options.Add(_threads);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        Threads.Count = arguments.GetValue(_threads) ?? Environment.ProcessorCount;
        if (arguments.GetValue(_badImages) is { } bad && arguments.GetValue(_data) is null)
            throw new ConfigurationException($"--on-bad-image is '{bad}', but goes with --data; a run's own pictures are read as its configuration says");
        DataConfig? data = arguments.GetValue(_data) is { } name
            ? DataConfig.Parse(DataConfig.SettingsOf(name)) with { BadImages = arguments.GetValue(_badImages) == "skip" ? BadImages.Skip : BadImages.Refuse }
            : null;
        Evaluation evaluation = Evaluation.Of(arguments.GetRequiredValue(_model), data, session.Cancellation);
        foreach (SkippedFile file in evaluation.Skipped) System.Console.Error.WriteLine($"skipped: {file.Reason.ReplaceLineEndings(" ")}");
        if (session.IsJson) System.Console.Out.WriteLine(Json(evaluation).ToJsonString());
        else Write(evaluation, session);
        return ExitCode.Success;
    }

    private static void Write(Evaluation evaluation, Session session)
    {
        Classification classes = evaluation.Classes;
        if (session.IsTalkative)
        {
            if (evaluation.ClassNames.Count <= MostColumns) ConfusionTable.Write(session.Console, Confusion(evaluation), [.. evaluation.ClassNames]);
            Table table = Terminal.NewTable(
                Terminal.Words("class"), Terminal.Numbers("images"), Terminal.Numbers("precision"), Terminal.Numbers("recall"), Terminal.Numbers("F1"));
            for (int c = 0; c < classes.Classes.Count; c++) Add(evaluation.ClassNames[c], classes.Classes[c]);
            Add("mean", classes.Macro);
            session.Console.Write(table);
            session.Console.WriteLine();

            void Add(string name, ClassMetrics metrics) => table.AddRow(
                new Text(name), new Text($"{metrics.Images:N0}"), Share(metrics.Precision), Share(metrics.Recall), Share(metrics.F1));
        }
        session.Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.Data}: accuracy {evaluation.Result.Accuracy:0.00 %} ({evaluation.Result.Correct:N0} of {evaluation.Result.Images:N0}), loss {evaluation.Result.MeanLoss:0.0000}"));

        static Text Share(double share) => new(share.ToString("0.0 %", CultureInfo.InvariantCulture));
    }

    private static JsonObject Json(Evaluation evaluation)
    {
        int count = evaluation.ClassNames.Count;
        return new JsonObject
        {
            ["model"] = evaluation.Model,
            ["data"] = evaluation.Data,
            ["images"] = evaluation.Result.Images,
            ["loss"] = double.IsFinite(evaluation.Result.MeanLoss) ? evaluation.Result.MeanLoss : null,
            ["accuracy"] = evaluation.Result.Accuracy,
            ["mean"] = Metrics(evaluation.Classes.Macro),
            ["classes"] = new JsonArray([.. Enumerable.Range(0, count).Select(Class)]),
            ["confusion"] = new JsonArray([.. Enumerable.Range(0, count).Select(Row)]),
            ["skipped"] = new JsonArray([.. evaluation.Skipped.Select(file => (JsonNode)file.Path)]),
        };

        JsonNode Class(int c)
        {
            JsonObject json = Metrics(evaluation.Classes.Classes[c]);
            json.Insert(0, "name", evaluation.ClassNames[c]);
            return json;
        }

        JsonNode Row(int truth) => new JsonArray([.. Enumerable.Range(0, count).Select(guess => (JsonNode)evaluation.Classes.Confusion(truth, guess))]);
    }

    private static JsonObject Metrics(ClassMetrics metrics) => new()
    {
        ["images"] = metrics.Images,
        ["precision"] = metrics.Precision,
        ["recall"] = metrics.Recall,
        ["f1"] = metrics.F1,
    };

    private static int[,] Confusion(Evaluation evaluation)
    {
        int count = evaluation.ClassNames.Count;
        int[,] confusion = new int[count, count];
        for (int truth = 0; truth < count; truth++)
            for (int guess = 0; guess < count; guess++) confusion[truth, guess] = evaluation.Classes.Confusion(truth, guess);
        return confusion;
    }
}
