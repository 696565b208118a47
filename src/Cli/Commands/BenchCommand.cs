using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Runs;
using Spectre.Console;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn bench</c>.</summary>
internal sealed class BenchCommand : CliCommand
{
    private readonly ModelArgument _model = new();

    private readonly Option<int?> _batch = OptionKinds.Number("--batch", "Images of one step. [default: 64]", 1, 65_536);

    private readonly Option<double?> _seconds = OptionKinds.Real("--seconds", "SECONDS", "How long each of the four measurements takes, about. [default: 1]", 0.01, 3600);

    private readonly Option<int?> _threads = OptionKinds.Number("--threads", "Threads to compute on. [default: all]", 1, 1024);

    public BenchCommand()
        : base(
            "bench",
            "Measures how fast a network trains and predicts on this machine, and which layers take the time; with random images and weights.",
            new Example("cnn bench lenet5", "images a second, latency, layer by layer"),
            new Example("cnn bench resnet18 --input 3,64,64 --batch 16", "another batch and other images"),
            new Example("cnn bench runs/first --threads 1 --json", "the network of a run on one thread, for a script"))
    {
        _model.AddTo(this);
        Options.Add(_batch);
        Options.Add(_seconds);
        Options.Add(_threads);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        Threads.Count = arguments.GetValue(_threads) ?? Environment.ProcessorCount;
        string name = _model.NameIn(arguments);
        (Graph graph, Shape input) = _model.Find(arguments);
        int batch = arguments.GetValue(_batch) ?? 64;
        TimeSpan time = TimeSpan.FromSeconds(arguments.GetValue(_seconds) ?? 1);
        if (session.IsTalkative) Console.Out.WriteLine($"{name}, images of {input}, batch {batch}, {Threads.Count} threads, {Simd.Lanes * 32}-bit vectors");
        SpeedTest test = ModelArgument.Made(name, () => SpeedTest.Run(graph, input, batch, time, session.Cancellation));
        if (session.IsJson) Console.Out.WriteLine(Json(name, test).ToJsonString());
        else Write(test, session);
        return ExitCode.Success;
    }

    private static void Write(SpeedTest test, Session session)
    {
        if (session.IsTalkative)
        {
            TimeSpan all = test.Layers.Aggregate(TimeSpan.Zero, (sum, layer) => sum + layer.Forward + layer.Backward);
            Table table = Terminal.NewTable(
                Terminal.Words("layer"), Terminal.Words("kind"), Terminal.Numbers("forward"), Terminal.Numbers("backward"), Terminal.Numbers("share of a step"));
            foreach (LayerTime layer in test.Layers)
            {
                // An activation that is joined to the layer before it takes no time of its own.
                if (layer.Forward + layer.Backward == TimeSpan.Zero) continue;
                table.AddRow(
                    new Text(layer.Layer.Name), new Text($"{layer.Layer.Layer}"), Milliseconds(layer.Forward), Milliseconds(layer.Backward),
                    new Text(string.Create(CultureInfo.InvariantCulture, $"{(layer.Forward + layer.Backward) / all:0.0 %}")));
            }
            session.Console.Write(table);
            Console.Out.WriteLine();
        }
        Line("training", $"{test.TrainingRate:#,0.#} images/s, {1000 * test.Training:#,0.###} ms a step, {test.TrainingSpeed:#,0} GFLOP/s");
        Line("prediction", $"{test.PredictionRate:#,0.#} images/s, {test.PredictionSpeed:#,0} GFLOP/s");
        Line("one image", $"{1e6 * test.Latency:#,0.#} µs");
        Line("machine", $"{test.Peak:#,0} GFLOP/s of multiply-adds at most");

        static Text Milliseconds(TimeSpan time) => new(string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:#,0.000} ms"));

        static void Line(string what, FormattableString figure) => Console.Out.WriteLine($"{what,-11}{figure.ToString(CultureInfo.InvariantCulture)}");
    }

    private static JsonObject Json(string name, SpeedTest test) => new()
    {
        ["model"] = name,
        ["batch"] = test.Batch,
        ["threads"] = test.Threads,
        ["trainingImagesPerSecond"] = test.TrainingRate,
        ["predictionImagesPerSecond"] = test.PredictionRate,
        ["latencySeconds"] = test.Latency,
        ["trainingGflops"] = test.TrainingSpeed,
        ["predictionGflops"] = test.PredictionSpeed,
        ["peakGflops"] = test.Peak,
        ["layers"] = new JsonArray([.. test.Layers.Select(layer => (JsonNode)new JsonObject
        {
            ["name"] = layer.Layer.Name,
            ["kind"] = $"{layer.Layer.Layer}",
            ["forwardSeconds"] = layer.Forward.TotalSeconds,
            ["backwardSeconds"] = layer.Backward.TotalSeconds,
        })]),
    };
}
