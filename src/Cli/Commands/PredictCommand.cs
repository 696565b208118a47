using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Imaging;
using CnnEngine.Inference;
using CnnEngine.Kernels;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn predict</c>.</summary>
internal sealed class PredictCommand : CliCommand
{
    // Read, computed and printed together: enough to fill a batch on every thread, few enough for the first lines to come at once.
    private const int Together = 64;

    // What a folder's pictures end with; those that are not read are named then, not passed over in silence.
    private static readonly string[] Endings = [".png", ".pgm", ".ppm", ".bmp", ".jpg", ".jpeg", ".gif", ".webp"];

    private readonly Argument<string> _model = new("MODEL") { Description = "A model file, or a run's folder, of which the best network is taken." };

    private readonly Argument<string[]> _pictures = new("FILE|FOLDER")
    {
        Description = "Pictures, or folders of pictures, which are searched through with their sub-folders.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _top = OptionKinds.Number("--top", "How many classes to tell of each picture. [default: 1 of several pictures, 5 of one]", 1, int.MaxValue);

    private readonly Option<string?> _badImages = OptionKinds.Words(
        "--on-bad-image", "Pictures that cannot be read: refuse, or skip and name them. [default: refuse]", ["refuse", "skip"]);

    private readonly Option<int?> _threads = OptionKinds.Number("--threads", "Threads to compute on; the results do not depend on it. [default: all]", 1, 1024);

    public PredictCommand()
        : base(
            "predict",
            "Tells what pictures show, and how sure the network is.",
            new Example("cnn predict runs/first three.png", "the likeliest classes of a picture"),
            new Example("cnn predict model.safetensors photos/ --on-bad-image skip", "the likeliest class of every picture in a folder"),
            new Example("cnn predict runs/first photos/ --top 3 --json", "for a script"))
    {
        Arguments.Add(_model);
        Arguments.Add(_pictures);
        Options.Add(_top);
        Options.Add(_badImages);
        Options.Add(_threads);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        Threads.Count = arguments.GetValue(_threads) ?? Environment.ProcessorCount;
        string file = ModelPath.Find(arguments.GetRequiredValue(_model));
        string[] paths = [.. arguments.GetRequiredValue(_pictures).SelectMany(PicturesOf)];
        Predictor predictor = Predictor.Load(file);
        if (predictor.Preprocessing is not { } preprocessing) throw new InvalidDataException($"{file}: it does not say how pictures become the network's input");
        if (predictor.OutputShape.Rank != 1) throw new InvalidDataException($"{file}: the network's output is {predictor.OutputShape}, not one number for each class of a picture");
        int top = arguments.GetValue(_top) ?? (paths.Length == 1 ? 5 : 1);
        bool isSkipping = arguments.GetValue(_badImages) == "skip";
        int column = paths.Max(path => path.Length);
        foreach (string[] some in paths.Chunk(Together))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            List<string> names = [];
            List<Picture> pictures = [];
            foreach (string path in some)
            {
                if (Read(path, isSkipping) is not { } picture) continue;
                names.Add(path);
                // Of the network's size: many photographs as they are would fill the memory.
                pictures.Add(preprocessing.Fit(picture));
            }
            IReadOnlyList<Prediction> predictions = predictor.Predict(pictures, top);
            for (int i = 0; i < names.Count; i++) Console.Out.WriteLine(session.IsJson ? Json(names[i], predictions[i]) : Text(names[i], predictions[i], column));
        }
        return ExitCode.Success;
    }

    private static IEnumerable<string> PicturesOf(string path)
    {
        if (File.Exists(path)) return [path];
        if (!Directory.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file or folder");
        string[] files =
        [
            .. Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true })
                .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new FileNotFoundException($"{path}: there is no picture in this folder");
    }

    private static Picture? Read(string path, bool isSkipping)
    {
        try
        {
            return ImageFile.Read(path);
        }
        catch (Exception error) when (isSkipping && error is (InvalidDataException or IOException or UnauthorizedAccessException))
        {
            Console.Error.WriteLine($"skipped: {error.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private static string Text(string path, Prediction prediction, int column) =>
        path.PadRight(column) + string.Concat(prediction.Candidates.Select(candidate => string.Create(CultureInfo.InvariantCulture, $"  {candidate.Name} {candidate.Confidence:0.0 %}")));

    private static string Json(string path, Prediction prediction) => new JsonObject
    {
        ["file"] = path,
        ["classes"] = new JsonArray([.. prediction.Candidates.Select(candidate => (JsonNode)new JsonObject
        {
            ["class"] = candidate.Class,
            ["name"] = candidate.Name,
            ["confidence"] = candidate.Confidence,
        })]),
    }.ToJsonString();
}
